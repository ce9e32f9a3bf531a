"""Credits and requests that are done once, in memory."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from services.auth.billing.domain.ledger import Account, Entry, Lease
from services.auth.billing.ports import IdempotencyRecord
from tests.fakes.auth.rows import Rows


class MemoryLedger:
    """Implements `ports.Ledger`."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    async def account(self, org_id: str) -> Account | None:
        return self._rows.credit_accounts.get(org_id)

    async def open(self, org_id: str) -> bool:
        if org_id in self._rows.credit_accounts or org_id not in self._rows.orgs:
            return False
        self._rows.credit_accounts[org_id] = Account()
        return True

    async def write(self, entry: Entry) -> bool:
        if (entry.org_id, entry.id) in self._rows.credit_entries:
            return False
        old = self._rows.credit_accounts[entry.org_id]
        new = msgspec.structs.replace(old, balance=old.balance + entry.tokens, reserved=old.reserved + entry.reserved)
        if new.balance < 0 or new.reserved < 0:
            raise ValueError("an account went below zero")
        self._rows.credit_entries[entry.org_id, entry.id] = entry
        self._rows.credit_accounts[entry.org_id] = new
        return True

    async def mark_low_notified(self, org_id: str, notified: bool) -> None:
        old = self._rows.credit_accounts[org_id]
        self._rows.credit_accounts[org_id] = msgspec.structs.replace(old, low_told=notified)

    async def put_lease(self, lease: Lease) -> None:
        self._rows.credit_leases[lease.org_id, lease.id] = lease

    async def lease(self, org_id: str, lease_id: str) -> Lease | None:
        return self._rows.credit_leases.get((org_id, lease_id))

    async def drop_lease(self, lease: Lease) -> None:
        self._rows.credit_leases.pop((lease.org_id, lease.id), None)

    async def stale_leases(self, before: datetime, limit: int) -> Sequence[Lease]:
        found = [lease for lease in self._rows.credit_leases.values() if lease.opened_at < before]
        return sorted(found, key=lambda lease: lease.opened_at)[:limit]

    async def entries(self, org_id: str, kinds: Sequence[str], limit: int) -> Sequence[Entry]:
        found = [
            entry for entry in self._rows.credit_entries.values() if entry.org_id == org_id and entry.kind in kinds
        ]
        return sorted(found, key=lambda entry: (entry.at, entry.id), reverse=True)[:limit]


class MemoryIdempotencyRecords:
    """Implements `ports.OnceRecords`."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    async def claim(self, record: IdempotencyRecord) -> IdempotencyRecord | None:
        known = self._rows.idempotency.setdefault((record.org_id, record.key), record)
        return None if known is record else known

    async def put(self, record: IdempotencyRecord) -> None:
        self._rows.idempotency[record.org_id, record.key] = record

    async def forget(self, org_id: str, key: str, digest: str) -> None:
        known = self._rows.idempotency.get((org_id, key))
        if known is not None and known.digest == digest and known.sealed is None:
            del self._rows.idempotency[org_id, key]

    async def sweep(self, before: datetime) -> None:
        self._rows.idempotency = {
            name: known for name, known in self._rows.idempotency.items() if known.began_at >= before
        }
