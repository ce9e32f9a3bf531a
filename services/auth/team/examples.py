"""Examples of bodies and answers, for the document."""

from typing import Final

import msgspec

from services.auth.accounts.examples import USER
from services.auth.domain.permissions import ALLOWED, permissions_of
from services.auth.team import schemas

_TIME: Final = "2026-08-01T09:30:00.000Z"
_INVITE: Final = schemas.Invite(
    id="inv_" + "3" * 32,
    email="grace@example.com",
    role="member",
    invited_by="usr_" + "1" * 32,
    created_at=_TIME,
    expires_at="2026-08-08T09:30:00.000Z",
)
EXAMPLES: Final[tuple[msgspec.Struct, ...]] = (
    schemas.AcceptBody(token="the token out of the link", password="correct horse battery"),
    schemas.InviteBody(email="grace@example.com", role="member"),
    schemas.Invites(invites=(_INVITE,)),
    schemas.Members(members=(USER,)),
    schemas.NewInvite(
        **msgspec.structs.asdict(_INVITE), link="https://promptly.example.com/invite#token=…", mailed=True
    ),
    schemas.RoleBody(role="viewer"),
    schemas.Roles(roles=tuple(schemas.RoleRights(role=role, permissions=permissions_of(role)) for role in ALLOWED)),
)
