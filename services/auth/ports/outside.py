"""What auth uses of the world: clocks aside, everything that can be away or be played by a test."""

from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any, Protocol

import msgspec

from services.auth.domain.accounts import Claims, User
from services.auth.domain.attempts import Allowance
from services.auth.domain.identities import Identity, SignInState
from services.auth.domain.mails import Mail


class Announcer(Protocol):
    """Tells others that what they remember is no longer true. Called after the change was committed."""

    async def principal_changed(self, org_id: str, key_id: str | None = None) -> None:
        """To the gateways, about keys. Never fails."""
        ...

    async def access_changed(self, org_id: str, user_id: str | None = None) -> None:
        """To all copies of auth, about tokens. Never fails."""
        ...

    async def credits_wanted(self, org_id: str) -> None:
        """To the gateways: give back what you lease of this organisation's and do not use. Never fails."""
        ...

    async def credits_added(self, org_id: str) -> None:
        """To the gateways: there are more than before. Never fails."""
        ...

    async def org_deleted(self, org_id: str, at: datetime) -> None:
        """To everybody who keeps something of an organisation; `Unavailable` where that is not certain."""
        ...


class Charges(Protocol):
    """What the request log knows of credits."""

    async def of_lease(self, org_id: str, lease_id: str) -> int:
        """How many tokens were charged under a lease. `Unavailable` where nobody can tell."""
        ...


class Paid(msgspec.Struct, frozen=True, kw_only=True):
    """A purchase that was paid for, as the payment provider signed it."""

    session_id: str
    org_id: str
    pence: int


class Checkout(Protocol):
    """Who takes the money. Both raise `NotFound` where credits are not sold, `Unavailable` where nobody answers."""

    @property
    def open(self) -> bool:
        """Whether credits are sold here."""
        ...

    async def begin(self, org_id: str, pence: int, email: str) -> tuple[str, str]:
        """A session of the payment provider's: its id, and where the buyer's browser goes."""
        ...

    def paid(self, payload: bytes, signature: str) -> Paid | None:
        """What the provider tells; None where it is about nothing that was bought here. `BadRequest` unless it signed it."""
        ...


class Tokens(Protocol):
    """Makes and reads the tokens that a login gives out."""

    def issue(self, user: User, now: datetime) -> str:
        """A token for this user."""
        ...

    def read(self, token: str) -> Claims | None:
        """What a token says, if it is one of ours and has not expired."""
        ...


class Passwords(Protocol):
    """Slow hashes. All raise `Unavailable` where too many are being computed already."""

    async def hash(self, password: str) -> str:
        """A hash to store."""
        ...

    async def matches(self, password_hash: str | None, password: str) -> bool:
        """Whether it is the password. Without a hash: False, after just as long."""
        ...

    def outdated(self, password_hash: str) -> bool:
        """Whether the hash was made with weaker parameters than those of today."""
        ...


class Limits(Protocol):
    """Counts tries, over all copies of auth where they can be reached."""

    async def take(self, allowance: Allowance, who: str) -> None:
        """Count a try; `RateLimited` where there were too many."""
        ...

    async def undo(self, allowance: Allowance, who: str) -> None:
        """One try less."""
        ...

    async def forget(self, allowance: Allowance, who: str) -> None:
        """No tries."""
        ...


class Mailer(Protocol):
    """Sends mail, or says that it cannot."""

    @property
    def configured(self) -> bool:
        """Whether there is a server to hand mail to."""
        ...

    async def send(self, mail: Mail) -> None:
        """Hand it over; what fails is logged."""
        ...


Later = Callable[[Coroutine[Any, Any, None]], None]


class IdentityProvider(Protocol):
    """Somebody else who knows people: GitHub or Google."""

    @property
    def title(self) -> str:
        """Its name, for people."""
        ...

    def address(self, state: str, challenge: str, redirect_uri: str) -> str:
        """Where the browser goes to sign in; `challenge` is the S256 of the verifier."""
        ...

    async def identity(self, code: str, verifier: str, redirect_uri: str) -> Identity:
        """Who came back with this code. `UpstreamFailed` where it cannot be had, `Forbidden` without a verified e-mail."""
        ...


class States(Protocol):
    """Signs what goes to another provider and comes back."""

    def issue(self, state: SignInState, now: datetime) -> str:
        """The state as text, good for ten minutes."""
        ...

    def read(self, text: str) -> SignInState | None:
        """The state, if it is ours and not too old."""
        ...
