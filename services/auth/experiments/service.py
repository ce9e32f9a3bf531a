"""The guard: a lever after which people ask again more often is switched off."""

from datetime import timedelta
from typing import Final

import msgspec
import structlog

from libs.common.bus import Bus
from libs.common.clock import Clock
from libs.common.contracts.analytics import EXPERIMENT
from libs.common.contracts.events import LeverSwitchedOff
from libs.common.contracts.experiments import ExperimentQuery, ExperimentResults, LeverEffect, QualityDifference
from libs.common.contracts.levers import LEVERS_OFF
from libs.common.errors import PromptlyError
from libs.common.ids import new_id
from services.auth.announced_transaction import AnnouncedTransactions
from services.auth.domain.audit import AuditEntry
from services.auth.ports import EventPublisher, UnitOfWork

log = structlog.get_logger()
PERIOD: Final = timedelta(days=28)


class Guard:
    """Looks at every organization with a holdout. One lever at a time, and then the measurement begins anew."""

    def __init__(
        self,
        uow: UnitOfWork,
        transactions: AnnouncedTransactions,
        publisher: EventPublisher,
        bus: Bus,
        clock: Clock,
    ) -> None:
        self._uow = uow
        self._publisher = publisher
        self._transactions = transactions
        self._bus = bus
        self._clock = clock

    async def check(self) -> None:
        """Look at all of them; one whose figures cannot be had now is looked at the next time."""
        async with self._uow() as tx:
            held_out = await tx.configuration.held_out()
        for org_id in held_out:
            try:
                await self._check(org_id)
            except PromptlyError as error:
                log.warning("guard_failed", code=error.code)

    async def _check(self, org_id: str) -> None:
        now = self._clock.now()
        async with self._uow() as tx:
            last = await tx.audit.last(org_id, "lever_switched_off")
        start = max(now - PERIOD, last or now - PERIOD)
        query = ExperimentQuery(org_id=org_id, from_ms=_ms(start.timestamp()), to_ms=_ms(now.timestamp()))
        found = await self._bus.call(EXPERIMENT, query)
        if found.suspect is None:
            return
        off = LEVERS_OFF[found.suspect]
        async with self._transactions.begin(org_id) as tx:
            await tx.configuration.lock(org_id)
            settings = await tx.configuration.settings(org_id)
            before = {name: getattr(settings, name) for name in off}
            if before == off:
                return
            await tx.configuration.put_settings(org_id, msgspec.structs.replace(settings, **off))
            entry = AuditEntry(
                id=new_id("aud"),
                at=now,
                actor="guard",
                action="lever_switched_off",
                before=before,
                after=off,
                reason=_reason(found),
            )
            await tx.audit.add(org_id, entry)
            # Within the transaction: what nobody is told of is not done, and tried again.
            await self._publisher.lever_switched_off(_event(org_id, entry, found))


def _reason(found: ExperimentResults) -> str:
    own = _own(found)
    reask = _harm(found)
    if own is not None:
        return (
            f"Asked again within ten minutes: {reask.treated:.1%} of {own.conversations_on:,} conversations with this lever, "
            f"{reask.control:.1%} of {own.conversations_off:,} that its own lot left without it; the difference is at least "
            f"{100 * reask.difference.always_valid_low:.1f} points."
        )
    return (
        f"Asked again within ten minutes: {reask.treated:.1%} of {found.conversations_treated:,} conversations with levers, "
        f"{reask.control:.1%} of {found.conversations_control:,} without; the difference is at least "
        f"{100 * reask.difference.always_valid_low:.1f} points. Most of it where {found.suspect} acted."
    )


def _own(found: ExperimentResults) -> LeverEffect | None:
    """The suspect's own arm, where that is what shows the harm."""
    return next((one for one in found.levers if one.lever == found.suspect and one.reask and one.reask.harmful), None)


def _harm(found: ExperimentResults) -> QualityDifference:
    own = _own(found)
    if own is not None and own.reask is not None:
        return own.reask
    return next(one for one in found.quality if one.name == "reask")


def _event(org_id: str, entry: AuditEntry, found: ExperimentResults) -> LeverSwitchedOff:
    reask = _harm(found)
    assert found.suspect is not None
    return LeverSwitchedOff(
        id=entry.id,
        org_id=org_id,
        lever=found.suspect,
        time_ms=_ms(entry.at.timestamp()),
        worse_by=100 * reask.difference.always_valid_low,
        margin=100 * reask.margin,
        reason=entry.reason or "",
    )


def _ms(seconds: float) -> int:
    return int(seconds * 1000)
