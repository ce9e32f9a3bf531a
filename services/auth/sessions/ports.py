"""What signing in needs of the outside."""

from datetime import datetime
from typing import Protocol

import msgspec

from services.auth.domain.accounts import Claims, User
from services.auth.domain.identities import Identity, SignInState


class Returned(msgspec.Struct, frozen=True, kw_only=True):
    """What a browser comes back with: the code, and the issuer that the provider says it is (RFC 9207), if it does."""

    code: str
    issuer: str | None = None


class Tokens(Protocol):
    """Makes and reads the tokens that a login gives out."""

    def issue(self, user: User, now: datetime) -> str:
        """A token for this user."""
        ...

    def read(self, token: str) -> Claims | None:
        """The claims of a token, if it is one of ours and has not expired."""
        ...


class IdentityProvider(Protocol):
    """An identity provider: GitHub, Google, or the OpenID Connect provider of this installation."""

    @property
    def title(self) -> str:
        """Its name, for people."""
        ...

    async def address(self, state: str, challenge: str, redirect_uri: str, nonce: str) -> str:
        """Where the browser goes to sign in; `challenge` is the S256 of the verifier, `nonce` what an ID token has to hold.
        `UpstreamFailed` where it cannot be found out.
        """
        ...

    async def identity(self, returned: Returned, verifier: str, redirect_uri: str, nonce: str) -> Identity:
        """Who came back. `UpstreamFailed` where it cannot be had, `Forbidden` without a verified e-mail."""
        ...


class States(Protocol):
    """Signs the `state` that goes to an identity provider and comes back."""

    def issue(self, state: SignInState, now: datetime) -> str:
        """The state as text, good for ten minutes."""
        ...

    def read(self, text: str) -> SignInState | None:
        """The state, if it is ours and not too old."""
        ...
