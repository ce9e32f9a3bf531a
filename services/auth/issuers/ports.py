"""What trusting issuers needs of the outside."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from libs.common.contracts.auth import JsonWebKey
from services.auth.issuers.domain.issuers import TrustedIssuer


class TrustedIssuers(Protocol):
    """Issuers that organizations trust."""

    async def add(self, issuer: TrustedIssuer) -> bool:
        """Keep one; False where one of the same issuer and audience is there, of whichever organization."""
        ...

    async def all(self, org_id: str) -> Sequence[TrustedIssuer]:
        """An organization's, oldest first."""
        ...

    async def delete(self, org_id: str, issuer_id: str) -> TrustedIssuer | None:
        """The one that was deleted; None where there was none."""
        ...

    async def find(self, issuer: str, audiences: Sequence[str]) -> Sequence[TrustedIssuer]:
        """Those of this issuer for one of the audiences, of all organizations."""
        ...


class IssuerMetadata(msgspec.Struct, frozen=True, kw_only=True):
    """What an issuer's discovery document says (OpenID Connect Discovery 1.0), as far as it is read here."""

    issuer: str
    jwks_uri: str
    authorization_endpoint: str | None = None
    token_endpoint: str | None = None
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False


class Issuers(Protocol):
    """The documents that issuers publish. Both raise `Unavailable`, with a sentence, where there is none that can be used."""

    async def metadata(self, issuer: str) -> IssuerMetadata:
        """The discovery document, at most an hour old."""
        ...

    async def keys(self, issuer: str, key_id: str | None = None) -> Sequence[JsonWebKey]:
        """The issuer's keys, at most an hour old. Where they lack `key_id` they are fetched again, at most every ten seconds."""
        ...
