"""Bodies and answers about trusted issuers."""

from typing import Annotated, Self

import msgspec
from msgspec import Meta

from services.auth.issuers.domain import issuers
from services.auth.schemas import Answer, Text, Time, iso

IssuerUrl = Annotated[str, Meta(min_length=1, max_length=1000)]
# A claim's name, or a path to it. The tag is called after it, so it is made of what a tag's name may be.
Claim = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$")]
TagClaim = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_.-]+$")]
RequiredClaims = Annotated[dict[Claim, Text], Meta(max_length=10)]


class IssuerBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An issuer to trust. Its tokens for `audience` have the limits of the Promptly key `key_id`; `required_claims` have to have these
    values, which an issuer that everybody can get tokens of needs.
    """

    issuer: IssuerUrl
    audience: Text
    key_id: Text
    user_claim: Claim = "sub"
    tag_claim: TagClaim | None = None
    required_claims: RequiredClaims = {}


class Issuer(Answer, frozen=True, kw_only=True):
    """A trusted issuer."""

    id: str
    issuer: str
    audience: str
    key_id: str
    user_claim: str
    tag_claim: str | None
    required_claims: dict[str, str]
    created_at: Time

    @classmethod
    def of(cls, issuer: issuers.TrustedIssuer) -> Self:
        """From the stored issuer."""
        return cls(
            id=issuer.id,
            issuer=issuer.issuer,
            audience=issuer.audience,
            key_id=issuer.key_id,
            user_claim=issuer.user_claim,
            tag_claim=issuer.tag_claim,
            required_claims=issuer.required_claims,
            created_at=iso(issuer.created_at),
        )


class Issuers(Answer, frozen=True, kw_only=True):
    """Trusted issuers."""

    issuers: tuple[Issuer, ...]
