"""The request log: what happened is written down once, and looked up by whom it belongs to."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec
import structlog

from libs.common.clock import Clock
from libs.common.contracts.analytics import (
    Charged,
    LeaseOf,
    RequestById,
    RequestEntry,
    RequestPage,
    RequestQuery,
    Spent,
)
from libs.common.contracts.events import CompletionFinished, FeedbackGiven, OrgDeleted
from libs.common.errors import BadRequest, NotFound
from libs.common.ids import is_id
from services.analytics.domain import cursor
from services.analytics.domain.periods import moment, week_end, week_of, weeks_worth_a_partition
from services.analytics.ports import EventPublisher, TrainingSignals, UnitOfWork
from services.analytics.translate.labels import Labels
from services.analytics.translate.request_row import made_at

log = structlog.get_logger()
_LONGEST_PAGE: Final = 200


class Requests:
    """Finished requests, each kept once however often it is delivered."""

    def __init__(
        self,
        uow: UnitOfWork,
        clock: Clock,
        retention: timedelta,
        publisher: EventPublisher | None = None,
        training_signals: TrainingSignals | None = None,
    ) -> None:
        self._uow = uow
        self._clock = clock
        self._retention = retention
        self._publisher = publisher
        self._training_signals = training_signals
        self._weeks: set[datetime] = set()
        self._labels = Labels()

    async def record(self, events: Sequence[CompletionFinished]) -> None:
        """Keep a batch, all of it or nothing: log and sums in one transaction. Live views are notified afterwards."""
        now = self._clock.now()
        await self._prepare(weeks_worth_a_partition([made_at(event.id) for event in events], now, self._retention))
        async with self._uow() as tx:
            fresh = await tx.log.append(events, now, self._labels.of(events))
        ids = defaultdict(list)
        for org_id, request_id in fresh:
            ids[org_id].append(request_id)
        if ids and self._publisher is not None:
            await self._publisher.logged(ids)

    async def record_feedback(self, given: Sequence[FeedbackGiven]) -> None:
        """Keep what clients thought of their answers."""
        async with self._uow() as tx:
            await tx.feedback.put(given)

    async def page(self, query: RequestQuery) -> RequestPage:
        """A page of the log, newest first."""
        if query.ids is not None and not all(is_id(one, "req") for one in query.ids):
            raise BadRequest("ids holds what is no request's id.", param="ids")
        if not 1 <= query.limit <= _LONGEST_PAGE:
            raise BadRequest(f"limit is between 1 and {_LONGEST_PAGE}.", param="limit")
        start = None if query.from_ms is None else moment(query.from_ms, "from")
        end = None if query.to_ms is None else moment(query.to_ms, "to")
        if start is not None and end is not None and start > end:
            raise BadRequest("from lies after to.", param="from")
        before = None if query.cursor is None else cursor.decode(query.cursor)
        async with self._uow() as tx:
            found = await tx.log.page(query, before)
        full = len(found) == query.limit
        return RequestPage(requests=tuple(found), next_cursor=cursor.encode(found[-1].id) if full else None)

    async def one(self, wanted: RequestById) -> RequestEntry:
        """One entry, with what its client said of it; another organization's is not found."""
        found = feedback = None
        if is_id(wanted.id, "req"):
            async with self._uow() as tx:
                found = await tx.log.one(wanted.org_id, wanted.id)
                feedback = await tx.feedback.one(wanted.org_id, wanted.id)
        if found is None:
            raise NotFound("There is no such request in your organization's log.")
        return RequestEntry(**msgspec.structs.asdict(found), feedback=feedback)

    async def spent(self, asked: RequestQuery) -> Spent:
        """What requests since a moment cost."""
        if asked.from_ms is None:
            raise BadRequest("from is missing.", param="from")
        moment(asked.from_ms, "from")
        async with self._uow() as tx:
            return Spent(nano=await tx.log.spent(asked))

    async def charged(self, asked: LeaseOf) -> Charged:
        """What requests were charged under a lease of credits."""
        async with self._uow() as tx:
            return Charged(tokens=await tx.log.charged(asked.org_id, asked.lease_id))

    async def erase(self, deleted: Sequence[OrgDeleted]) -> None:
        """Keep nothing of these organizations, also of what of theirs is still on its way."""
        for org_id in sorted({one.org_id for one in deleted}):
            async with self._uow() as tx:
                await tx.erasing.forbid(org_id, self._clock.now())
            more = True
            while more:
                async with self._uow() as tx:
                    more = await tx.erasing.erase(org_id)
            if self._training_signals is not None:
                await self._training_signals.forget(org_id)

    async def maintain_partitions(self) -> None:
        """Make this week's and the next week's partition, drop what is past its retention, and make days of breakdowns' hours then."""
        now = self._clock.now()
        this_week = week_of(now)
        await self._prepare([this_week, week_end(this_week)])
        async with self._uow() as tx:
            dropped = await tx.partitions.drop_before(now - self._retention)
        more = True
        while more:
            async with self._uow() as tx:
                more = await tx.uses.fold(week_of(now - self._retention))
        more = True
        while more:
            async with self._uow() as tx:
                more = await tx.uses.repair(now)
        for week in dropped:
            log.info("log_partition_dropped", week=week.date().isoformat())

    async def _prepare(self, weeks: Sequence[datetime]) -> None:
        for week in weeks:
            if week not in self._weeks:
                async with self._uow() as tx:
                    await tx.partitions.make(week)
                self._weeks.add(week)
