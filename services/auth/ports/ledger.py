"""What auth keeps of credits, and of requests that are to be done once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from services.auth.domain.ledger import Account, Entry, Lease


class Ledger(Protocol):
    """Every organisation's credits. Nothing is ever taken out of it but a whole organisation."""

    async def account(self, org_id: str) -> Account | None:
        """What an organisation has, locked until the transaction ends; None where it was never asked for."""
        ...

    async def open(self, org_id: str) -> bool:
        """Begin an organisation's account; False where there is one already, or no such organisation."""
        ...

    async def write(self, entry: Entry) -> bool:
        """Add an entry and change the account with it; False where its id is written already."""
        ...

    async def tell_low(self, org_id: str, told: bool) -> None:
        """Note whether the admins know that little is left."""
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

    async def left_behind(self, before: datetime, limit: int) -> Sequence[Lease]:
        """Leases of all organisations that began before this and have not ended, oldest first."""
        ...

    async def entries(self, org_id: str, kinds: Sequence[str], limit: int) -> Sequence[Entry]:
        """The newest entries of these kinds."""
        ...


class OnceRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A request under its key; `sealed` is its answer, None while there is none."""

    org_id: str
    key: str
    digest: str
    began_at: datetime
    sealed: str | None = None


class OnceRecords(Protocol):
    """Requests that are to be done once."""

    async def claim(self, record: OnceRecord) -> OnceRecord | None:
        """Keep a new one; or the one that is there already, locked until the transaction ends."""
        ...

    async def put(self, record: OnceRecord) -> None:
        """Keep a change of one that is there."""
        ...

    async def forget(self, org_id: str, key: str, digest: str) -> None:
        """As if it had never come; one that has its answer stays."""
        ...

    async def sweep(self, before: datetime) -> None:
        """Forget all that began before this."""
        ...
