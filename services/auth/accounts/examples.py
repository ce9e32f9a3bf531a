"""Examples of bodies and answers, for the document."""

from typing import Final

import msgspec

from services.auth.accounts import schemas
from services.auth.domain.permissions import permissions_of

_TIME: Final = "2026-08-01T09:30:00.000Z"
USER: Final = schemas.User(
    id="usr_" + "1" * 32, email="ada@example.com", role="admin", created_at=_TIME, suspended=False
)
ORG: Final = schemas.Org(id="org_" + "2" * 32, name="Example Ltd", account_type="team", created_at=_TIME)
_SIGNED_IN: Final = schemas.SignedIn(user=USER, org=ORG, token="eyJhbGciOiJIUzI1NiIs…")
EXAMPLES: Final[tuple[msgspec.Struct, ...]] = (
    schemas.EntryOptions(
        registration="open",
        bootstrap_token=False,
        oauth=("github", "google", "oidc"),
        oidc_name="Example Ltd",
        mail=True,
    ),
    schemas.Login(email="ada@example.com", password="correct horse battery"),
    schemas.Me(user=USER, org=ORG, permissions=permissions_of(USER.role)),
    schemas.Message(detail="If this address is registered, a mail with a link is on its way."),
    ORG,
    schemas.OrgChange(name="Example Ltd"),
    schemas.PasswordChange(old_password="correct horse battery", new_password="another battery staple"),
    schemas.Redirect(url="https://github.com/login/oauth/authorize?client_id=…"),
    schemas.Register(
        org_name="Example Ltd", email="ada@example.com", password="correct horse battery", account_type="team"
    ),
    schemas.Registered(**msgspec.structs.asdict(_SIGNED_IN), api_key="sk-promptly-…"),
    schemas.ResetBody(email="ada@example.com"),
    schemas.ResetConfirmBody(token="the token out of the link", password="correct horse battery"),
    schemas.SignIns(password=True, oauth=("github",)),
    _SIGNED_IN,
    USER,
    schemas.VerifyBody(token="the token out of the mail"),
)
