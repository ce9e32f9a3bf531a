"""Members and invitations of an organization, and the rule that an admin always remains."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from libs.common.errors import Conflict, Forbidden, NotFound
from services.auth.domain.accounts import Org, Role, User, active_admins
from services.auth.domain.permissions import ALLOWED

INVITE_LASTS: Final = timedelta(hours=72)
MOST_INVITES: Final = 100


class Invite(msgspec.Struct, frozen=True, kw_only=True):
    """An invitation to join, for the owner of this e-mail address."""

    id: str
    org_id: str
    email: str
    role: Role
    invited_by: str
    created_at: datetime
    expires_at: datetime


def check_can_invite(org: Org, inviter: User, role: Role) -> None:
    """Raises `Forbidden` for a personal account, and for a role that may do more than the inviter's."""
    if org.account_type == "personal":
        raise Forbidden("A personal account has one user; register a team account to invite others.")
    if not ALLOWED[role] <= ALLOWED[inviter.role]:
        raise Forbidden(f"Your role ({inviter.role}) may not invite somebody as {role}.")


def member_to_change(members: Sequence[User], user_id: str, role: Role | None) -> User:
    """The member who is about to get another role (None: to leave). `Conflict` where no admin would be left."""
    member = next((user for user in members if user.id == user_id), None)
    if member is None:
        raise NotFound("There is no such member.")
    if role != "admin" and all(admin.id == user_id for admin in active_admins(members)):
        raise Conflict("An organization needs an admin; make somebody else one first.", code="last_admin")
    return member
