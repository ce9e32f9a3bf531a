"""Bodies and answers about members, invitations and roles."""

from typing import Self

import msgspec

from services.auth.accounts.schemas import Secret, User
from services.auth.domain.accounts import Role
from services.auth.domain.permissions import Action
from services.auth.schemas import Answer, Text, Time, iso
from services.auth.team.domain import members as team


class InviteBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who is to join, as what."""

    email: Text
    role: Role


class RoleBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another role."""

    role: Role


class AcceptBody(msgspec.Struct, frozen=True, kw_only=True):
    """The token out of the link and a password; where an e-mail is sent along, it has to be the invited one."""

    token: Secret
    password: Secret
    email: Text | None = None


class Members(Answer, frozen=True, kw_only=True):
    """An organization's users."""

    members: tuple[User, ...]


class RoleRights(Answer, frozen=True, kw_only=True):
    """A role, and what it may do."""

    role: Role
    permissions: tuple[Action, ...]


class Roles(Answer, frozen=True, kw_only=True):
    """Every role, the most powerful first."""

    roles: tuple[RoleRights, ...]


class Invite(Answer, frozen=True, kw_only=True):
    """An open invitation."""

    id: str
    email: str
    role: Role
    invited_by: str
    created_at: Time
    expires_at: Time

    @classmethod
    def of(cls, invite: team.Invite) -> Self:
        """From the stored invitation, without what accepts it."""
        return cls(
            id=invite.id,
            email=invite.email,
            role=invite.role,
            invited_by=invite.invited_by,
            created_at=iso(invite.created_at),
            expires_at=iso(invite.expires_at),
        )


class NewInvite(Invite, frozen=True, kw_only=True):
    """An invitation and the link that accepts it; `mailed` says whether a mail is on its way."""

    link: str
    mailed: bool

    @classmethod
    def made(cls, invite: team.Invite, link: str, *, mailed: bool) -> Self:
        """A fresh invitation."""
        return cls(**msgspec.structs.asdict(Invite.of(invite)), link=link, mailed=mailed)


class Invites(Answer, frozen=True, kw_only=True):
    """Open invitations."""

    invites: tuple[Invite, ...]
