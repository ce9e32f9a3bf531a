"""Issuers that an organization trusts with its callers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

# Whose tokens any stranger can have, for an audience of their choice.
ISSUERS_OF_ANYBODY: Final = frozenset(
    (
        "https://accounts.google.com",
        "https://agent.buildkite.com",
        "https://app.terraform.io",
        "https://appleid.apple.com",
        "https://gitlab.com",
        "https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0",  # Microsoft's private accounts
        "https://token.actions.githubusercontent.com",
    )
)


class TrustedIssuer(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens of `issuer` for `audience` are taken in the place of the Promptly key `key_id`, whose limits they have. Claims are names, or
    paths with dots in them; each of `required_claims` has to have its value.
    """

    id: str
    org_id: str
    issuer: str
    audience: str
    key_id: str
    user_claim: str
    tag_claim: str | None
    required_claims: dict[str, str]
    created_by: str
    created_at: datetime


def shown(issuer: TrustedIssuer) -> Mapping[str, Any]:
    """What the audit log keeps of it."""
    return {
        "id": issuer.id,
        "issuer": issuer.issuer,
        "audience": issuer.audience,
        "key": issuer.key_id,
        "user_claim": issuer.user_claim,
        "tag_claim": issuer.tag_claim,
        "required_claims": issuer.required_claims,
    }
