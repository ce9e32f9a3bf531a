"""What credits need of the store, of the request log and of the payment provider."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from services.auth.billing.domain.ledger import Account, Entry, Lease


class Ledger(Protocol):
    """Every organization's credits. Nothing is ever taken out of it but a whole organization."""

    async def account(self, org_id: str) -> Account | None:
        """What an organization has, locked until the transaction ends; None where it was never opened."""
        ...

    async def open(self, org_id: str) -> bool:
        """Begin an organization's account; False where there is one already, or no such organization."""
        ...

    async def write(self, entry: Entry) -> bool:
        """Add an entry and change the account with it; False where its id is written already."""
        ...

    async def mark_low_notified(self, org_id: str, notified: bool) -> None:
        """Note whether the admins were notified that little is left."""
        ...

    async def put_lease(self, lease: Lease) -> None:
        """Keep a lease, new or smaller."""
        ...

    async def lease(self, org_id: str, lease_id: str) -> Lease | None:
        """A lease that has not ended, locked until the transaction ends."""
        ...

    async def drop_lease(self, lease: Lease) -> None:
        """It has ended."""
        ...

    async def stale_leases(self, before: datetime, limit: int) -> Sequence[Lease]:
        """Leases of all organizations that began before this and have not ended, oldest first."""
        ...

    async def entries(self, org_id: str, kinds: Sequence[str], limit: int) -> Sequence[Entry]:
        """The newest entries of these kinds."""
        ...


class IdempotencyRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A request under its key; `sealed` is its answer, None while there is none."""

    org_id: str
    key: str
    digest: str
    began_at: datetime
    sealed: str | None = None


class IdempotencyRecords(Protocol):
    """Requests that are to be done once."""

    async def claim(self, record: IdempotencyRecord) -> IdempotencyRecord | None:
        """Keep a new one; or the one that is there already, locked until the transaction ends."""
        ...

    async def put(self, record: IdempotencyRecord) -> None:
        """Keep a change of one that is there."""
        ...

    async def forget(self, org_id: str, key: str, digest: str) -> None:
        """Delete a record that has no answer yet."""
        ...

    async def sweep(self, before: datetime) -> None:
        """Delete all that began before this."""
        ...


class Charges(Protocol):
    """Credits as the request log has them."""

    async def of_lease(self, org_id: str, lease_id: str) -> int:
        """How many tokens were charged under a lease. `Unavailable` where the log cannot be read."""
        ...


class Paid(msgspec.Struct, frozen=True, kw_only=True):
    """A purchase that was paid for, as the payment provider signed it."""

    session_id: str
    org_id: str
    pence: int


class Checkout(Protocol):
    """The payment provider. Both raise `NotFound` where credits are not sold, `Unavailable` where it does not answer."""

    @property
    def open(self) -> bool:
        """Whether credits are sold here."""
        ...

    async def begin(self, org_id: str, pence: int, email: str) -> tuple[str, str]:
        """A session of the payment provider's: its id, and where the buyer's browser goes."""
        ...

    def paid(self, payload: bytes, signature: str) -> Paid | None:
        """The purchase in a webhook event; None where the event is about no purchase of ours. `BadRequest` unless it signed it."""
        ...
