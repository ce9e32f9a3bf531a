"""Examples of bodies and answers, for the document."""

from typing import Final

import msgspec

from services.auth.issuers import schemas

_ISSUER: Final = schemas.Issuer(
    id="iss_" + "8" * 32,
    issuer="https://login.example.com/realms/main",
    audience="promptly",
    key_id="key_" + "4" * 32,
    user_claim="email",
    tag_claim="department",
    required_claims={},
    created_at="2026-08-01T09:30:00.000Z",
)
EXAMPLES: Final[tuple[msgspec.Struct, ...]] = (
    schemas.IssuerBody(
        issuer=_ISSUER.issuer,
        audience=_ISSUER.audience,
        key_id=_ISSUER.key_id,
        user_claim=_ISSUER.user_claim,
        tag_claim=_ISSUER.tag_claim,
    ),
    _ISSUER,
    schemas.Issuers(issuers=(_ISSUER,)),
)
