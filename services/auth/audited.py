"""Lines of the audit log."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import msgspec

from libs.common.clock import Clock
from libs.common.ids import new_id
from services.auth.domain.accounts import Caller
from services.auth.domain.audit import AuditAction, AuditEntry
from services.auth.ports import Tx, UnitOfWork


async def record(
    tx: Tx,
    caller: Caller,
    action: AuditAction,
    at: datetime,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Write what the caller does with this transaction."""
    entry = AuditEntry(
        id=new_id("aud"),
        at=at,
        actor=caller.actor,
        action=action,
        before=dict(before or {}),
        after=dict(after or {}),
    )
    await tx.audit.add(caller.org_id, entry)


async def record_change(
    tx: Tx,
    caller: Caller,
    action: AuditAction,
    at: datetime,
    about: Mapping[str, Any],
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> None:
    """Write which fields are another than `before`, and what they are `about`; nothing where all are the same."""
    changed = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    if changed:
        old, new = ({name: one[name] for name in changed if name in one} for one in (before, after))
        await record(tx, caller, action, at, before={**about, **old}, after={**about, **new})


class Audited:
    """What another service changes for a caller."""

    def __init__(self, uow: UnitOfWork, clock: Clock) -> None:
        self._uow = uow
        self._clock = clock

    @asynccontextmanager
    async def change(
        self,
        caller: Caller,
        action: AuditAction,
        *,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
    ) -> AsyncIterator[None]:
        """Have the block's change in the log, where it succeeds. No transaction waits for the other service: it may take its time, and
        there are few connections. Where the database is lost in between, `Unavailable` says that something went wrong.
        """
        yield
        async with self._uow() as tx:
            await record(tx, caller, action, self._clock.now(), before=before, after=after)

    async def note(self, caller: Caller, action: AuditAction, what: Mapping[str, Any]) -> None:
        """Write what is about to happen, whether or not it succeeds; where it cannot be written, it is not done."""
        async with self._uow() as tx:
            await record(tx, caller, action, self._clock.now(), after=what)


def fields_of(one: msgspec.Struct, *names: str) -> dict[str, Any]:
    """These fields, as the log keeps them."""
    return {name: msgspec.to_builtins(getattr(one, name)) for name in names}
