"""Everything analytics keeps, in memory and counted from the requests themselves: what the stores in Postgres are compared with."""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from libs.common.bounded import bounded
from libs.common.contracts.analytics import MERGED_KEY, Feedback, LeverUse, RequestQuery, Use
from libs.common.contracts.events import CompletionFinished, FeedbackGiven
from libs.common.contracts.router import Learned
from libs.common.ids import time_ms
from libs.common.latency import bucket
from services.analytics.domain.breakdowns import Asked, Found, Groups
from services.analytics.domain.conversations import Conversation
from services.analytics.domain.latencies import Counts, Sketch
from services.analytics.domain.periods import TimeRange, moment, week_end, week_of
from services.analytics.domain.sums import Interval, Server, Sums
from services.analytics.ports import Tx
from services.analytics.translate.labels import Label, labels_of
from services.analytics.translate.request_row import made_at, storable
from tests.fakes.analytics_exports import MemoryExports
from tests.fakes.analytics_learning import MemoryLearning
from tests.fakes.analytics_prices import MemoryPrices

_Rows = dict[tuple[str, str], CompletionFinished]
_Feedback = dict[tuple[str, str], FeedbackGiven]


class MemoryUnitOfWork:
    """Implements `ports.UnitOfWork`: a block that raises leaves no trace. One block at a time."""

    def __init__(self) -> None:
        self._rows: _Rows = {}
        self._weeks: set[datetime] = set()
        self._feedback: _Feedback = {}
        self._erased: set[str] = set()
        self._received: dict[tuple[str, str], datetime] = {}
        self._learned: dict[str, Learned] = {}
        self._mark: list[datetime] = []

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[Tx]:
        rows, weeks, feedback, erased = dict(self._rows), set(self._weeks), dict(self._feedback), set(self._erased)
        received, learned, mark = dict(self._received), dict(self._learned), list(self._mark)
        yield MemoryTx(
            MemoryRequestLog(rows, erased, received),
            MemoryFeedback(feedback, erased),
            MemoryFigures(rows),
            MemoryUses(rows),
            MemoryPartitions(rows, weeks),
            MemoryLearning(rows, feedback, received, learned),
            MemoryErasing(rows, feedback, learned, erased),
            MemoryExperiments(),
            MemoryExports(rows, received, mark),
            MemoryPrices(),
        )
        self._received, self._learned, self._mark = received, learned, mark
        self._rows, self._weeks, self._feedback, self._erased = rows, weeks, feedback, erased


@dataclass(frozen=True)
class MemoryTx:
    """The stores of one block."""

    log: "MemoryRequestLog"
    feedback: "MemoryFeedback"
    figures: "MemoryFigures"
    uses: "MemoryUses"
    partitions: "MemoryPartitions"
    learning: MemoryLearning
    erasing: "MemoryErasing"
    experiments: "MemoryExperiments"
    exports: MemoryExports
    prices: MemoryPrices


class MemoryFeedback:
    """Implements `ports.FeedbackLog`."""

    def __init__(self, given: _Feedback, erased: set[str]) -> None:
        self._given = given
        self._erased = erased

    async def put(self, given: Sequence[FeedbackGiven]) -> None:
        for new in (one for one in given if one.org_id not in self._erased):
            old = self._given.get((new.org_id, new.request_id))
            if old is None:
                self._given[new.org_id, new.request_id] = new
            elif old.time_ms <= new.time_ms:
                wrong, comment = old.cache_wrong or new.cache_wrong, new.comment or old.comment
                kept = msgspec.structs.replace(new, cache_wrong=wrong, comment=comment)
                self._given[new.org_id, new.request_id] = kept

    async def one(self, org_id: str, request_id: str) -> Feedback | None:
        said = self._given.get((org_id, request_id))
        return None if said is None else msgspec.convert(said, Feedback, from_attributes=True)


class MemoryRequestLog:
    """Implements `ports.RequestLog`."""

    def __init__(self, rows: _Rows, erased: set[str], received: dict[tuple[str, str], datetime]) -> None:
        self._rows = rows
        self._erased = erased
        self._received = received

    async def append(
        self, events: Sequence[CompletionFinished], received_at: datetime, labels: Sequence[Label]
    ) -> Sequence[tuple[str, str]]:
        fresh = []
        for event in events:
            made_at(event.id)  # refuses an event without a place in time
            key = event.org_id, event.id
            if key not in self._rows and event.org_id not in self._erased:
                self._rows[key] = msgspec.convert(storable(msgspec.to_builtins(bounded(event))), CompletionFinished)
                self._received[key] = received_at
                fresh.append(key)
        return fresh

    async def page(self, query: RequestQuery, before: str | None) -> Sequence[CompletionFinished]:
        found = (event for event in self._rows.values() if _wanted(event, query))
        older = (event for event in found if before is None or event.id < before)
        return sorted(older, key=lambda event: event.id, reverse=True)[: query.limit]

    async def one(self, org_id: str, request_id: str) -> CompletionFinished | None:
        return self._rows.get((org_id, request_id))

    async def spent(self, query: RequestQuery) -> int:
        wanted = {name: getattr(query, name) for name in ("key_id", "team_id", "end_user")}
        return sum(
            event.actual_cost_nano or 0
            for event in self._rows.values()
            if event.org_id == query.org_id
            and all(value in (None, getattr(event, name)) for name, value in wanted.items())
            and (query.tag is None or query.tag in event.tags.items())
            and time_ms(event.id) >= (query.from_ms or 0)
        )

    async def batches(self, start: datetime, end: datetime) -> Sequence[tuple[str, str]]:
        made = (event for event in self._rows.values() if event.target_surface == "/v1/batches")
        return sorted(
            {
                (event.org_id, event.upstream_request_id or "")
                for event in made
                if (event.upstream_request_id or "").startswith("batch") and start <= made_at(event.id) < end
            }
        )

    async def charged(self, org_id: str, lease_id: str) -> int:
        rows = self._rows.values()
        return sum(event.charged_tokens for event in rows if (event.org_id, event.credit_lease) == (org_id, lease_id))


class MemoryFigures:
    """Implements `ports.Figures`."""

    def __init__(self, rows: _Rows) -> None:
        self._rows = rows

    async def total(self, time_range: TimeRange) -> Sums:
        return _added(self.within(time_range))

    async def by_interval(self, time_range: TimeRange, interval: Interval) -> Sequence[Sums]:
        found = defaultdict(list)
        for event in self.within(time_range):
            found[_start(made_at(event.id), interval)].append(event)
        return [msgspec.structs.replace(_added(events), time=time) for time, events in found.items()]

    async def by_model(self, time_range: TimeRange) -> Sequence[Sums]:
        return [
            msgspec.structs.replace(_added(events), model=model, provider=provider)
            for (model, provider), events in self._by_server(time_range).items()
        ]

    async def by_lever(self, time_range: TimeRange) -> Sequence[LeverUse]:
        uses: dict[str, LeverUse] = {}
        for event in self.within(time_range):
            for line in event.levers:
                use = uses.get(line.lever, LeverUse(lever=line.lever, requests=0, tokens_saved=0, savings_nano=0))
                uses[line.lever] = LeverUse(
                    lever=line.lever,
                    requests=use.requests + bool(line.tokens or line.nano_usd),
                    tokens_saved=use.tokens_saved + line.tokens,
                    savings_nano=use.savings_nano + ((line.nano_usd or 0) if _priced(event) else 0),
                )
        return sorted(uses.values(), key=lambda use: (-use.savings_nano, use.lever))

    async def sketch(self, time_range: TimeRange) -> Sketch:
        return _sketch(self.within(time_range), whole=True)

    async def sketches(self, time_range: TimeRange, interval: Interval, model: str) -> Mapping[datetime, Sketch]:
        found = defaultdict(list)
        for event in self.within(time_range):
            if model in ("", event.served_model or event.routed_model):
                found[_start(made_at(event.id), interval)].append(event)
        return {time: _sketch(events, whole=not model) for time, events in found.items()}

    async def latencies_by_model(self, time_range: TimeRange) -> Mapping[Server, Counts]:
        servers = self._by_server(time_range).items()
        return {server: Counter(bucket(event.latency_ms) for event in events) for server, events in servers}

    def within(self, time_range: TimeRange) -> list[CompletionFinished]:
        return [
            event
            for event in self._rows.values()
            if event.org_id == time_range.org_id
            and event.kind != "optimize"
            and time_range.start <= made_at(event.id) < time_range.end
        ]

    def _by_server(self, time_range: TimeRange) -> Mapping[Server, list[CompletionFinished]]:
        found = defaultdict(list)
        for event in self.within(time_range):
            found[event.served_model or event.routed_model, event.provider].append(event)
        return found


class MemoryUses:
    """Implements `ports.Uses`."""

    def __init__(self, rows: _Rows) -> None:
        self._in = MemoryFigures(rows).within

    async def groups(
        self, time_range: TimeRange, asked: Asked, limit: int, only: Sequence[tuple[str, ...]] | None = None
    ) -> Groups:
        groups = self._by(time_range, asked)
        found = [Found(values=one, use=_use(events)) for one, events in groups.items() if only is None or one in only]
        rows = sorted(found, key=lambda one: (-one.use.cost_nano, -one.use.requests, one.values))[:limit]
        points = []
        for row in rows if asked.starts else ():
            places: dict[int, list[CompletionFinished]] = defaultdict(list)
            for event in groups[row.values]:
                hour = made_at(event.id).replace(minute=0, second=0, microsecond=0)
                places[max(bisect_right(asked.starts, hour) - 1, 0)].append(event)
            points += [Found(values=row.values, use=_use(here), place=place) for place, here in places.items()]
        return Groups(rows=rows, points=points, whole=_use([event for events in groups.values() for event in events]))

    async def total(self, time_range: TimeRange, asked: Asked) -> Use:
        return _use([event for event in self._in(time_range) if _fits(event, asked)])

    async def fold(self, before: datetime) -> bool:
        return False

    async def repair(self, now: datetime) -> bool:
        return False

    def _by(self, time_range: TimeRange, asked: Asked) -> Mapping[tuple[str, ...], list[CompletionFinished]]:
        found = defaultdict(list)
        for event in self._in(time_range):
            named = _named(event, asked)
            if _fits(event, asked) and named.keys() >= {*asked.by}:
                found[tuple(named[name] for name in asked.by)].append(event)
        return found


def _sketch(events: Sequence[CompletionFinished], *, whole: bool) -> Sketch:
    total = Counter(bucket(event.latency_ms) for event in events)
    if not whole:
        return Sketch(total=total)
    return Sketch(
        total=total,
        overhead=Counter(bucket(event.overhead_ms) for event in events),
        provider=Counter(bucket(event.provider_ms) for event in events if event.provider_ms is not None),
        first_byte=Counter(
            bucket(event.first_byte_ms) for event in events if event.stream and event.first_byte_ms is not None
        ),
    )


def _named(event: CompletionFinished, asked: Asked) -> dict[str, str]:
    key = MERGED_KEY if event.key_id in asked.merged_keys else event.key_id
    dimensions = {"key": key, "endpoint": event.kind, "provider": event.provider or ""}
    return {**dimensions, "model": event.served_model or event.routed_model, **labels_of(event)}


def _fits(event: CompletionFinished, asked: Asked) -> bool:
    return {*asked.filters.items()} <= {*_named(event, asked).items()}


def _use(events: Sequence[CompletionFinished]) -> Use:
    sums = _added(events)
    return Use(
        requests=sums.requests,
        errors=sums.error,
        cached=sums.cached,
        input_tokens=sums.input_tokens,
        output_tokens=sums.output_tokens,
        tokens_saved=sums.original_tokens - sums.optimized_tokens,
        cost_nano=sums.cost_nano,
        baseline_cost_nano=sums.baseline_nano,
        unpriced_requests=sums.unpriced,
    )


class MemoryPartitions:
    """Implements `ports.Partitions`: weeks are only remembered."""

    def __init__(self, rows: _Rows, weeks: set[datetime]) -> None:
        self._rows = rows
        self._weeks = weeks

    async def make(self, week: datetime) -> None:
        self._weeks.add(week)

    async def drop_before(self, time: datetime) -> Sequence[datetime]:
        gone = sorted(week for week in self._weeks if week_end(week) <= time)
        self._weeks.difference_update(gone)
        for key in list(self._rows):
            week = week_of(made_at(key[1]))
            if week in gone or (week not in self._weeks and made_at(key[1]) < time):
                del self._rows[key]
        return gone


class MemoryErasing:
    """Implements `ports.Erasing`."""

    def __init__(self, rows: _Rows, feedback: _Feedback, learned: dict[str, Learned], erased: set[str]) -> None:
        self._rows = rows
        self._feedback = feedback
        self._learned = learned
        self._erased = erased

    async def forbid(self, org_id: str, at: datetime) -> None:
        self._erased.add(org_id)

    async def erase(self, org_id: str) -> bool:
        for kept in (self._rows, self._feedback):
            for key in [key for key in kept if key[0] == org_id]:
                del kept[key]
        self._learned.pop(org_id, None)
        return False


class MemoryExperiments:
    """Implements `ports.Experiments` for an organization without one."""

    async def conversations(self, time_range: TimeRange) -> Sequence[Conversation]:
        return []


def _wanted(event: CompletionFinished, query: RequestQuery) -> bool:
    made = made_at(event.id)
    hit = event.cache in ("exact", "semantic")
    return (
        event.org_id == query.org_id
        and (query.ids is None or event.id in query.ids)
        and (query.model is None or query.model in (event.baseline_model, event.routed_model, event.served_model))
        and (query.cache_hit is None or hit == query.cache_hit)
        and (not query.semantic or event.cache == "semantic")
        and (query.cache_entry_id is None or (event.cache, event.cache_entry_id) == ("semantic", query.cache_entry_id))
        and (query.from_ms is None or made >= moment(query.from_ms, "from"))
        and (query.to_ms is None or made < moment(query.to_ms, "to"))
        and query.end_user in (None, event.end_user)
        and (query.error_code is None or (event.status, event.error_code) == ("error", query.error_code))
        and (query.min_latency_ms is None or event.latency_ms >= query.min_latency_ms)
        and (query.tag is None or event.tags.get(query.tag[0]) == query.tag[1])
        and all(getattr(query, name) in (None, getattr(event, name)) for name in ("status", "key_id", "kind", "arm"))
    )


def _added(events: Sequence[CompletionFinished]) -> Sums:
    priced = [event for event in events if _priced(event)]
    ended, cache = Counter(event.status for event in events), Counter(event.cache for event in events)
    return Sums(
        requests=len(events),
        success=ended["success"],
        fallback=ended["fallback"],
        cached=ended["cached"],
        error=ended["error"],
        cancelled=ended["cancelled"],
        exact_hits=cache["exact"],
        semantic_hits=cache["semantic"],
        original_tokens=sum(event.original_tokens for event in events),
        optimized_tokens=sum(event.optimized_tokens for event in events),
        input_tokens=sum(event.tokens.input for event in events),
        output_tokens=sum(event.tokens.output for event in events),
        cost_nano=sum(event.actual_cost_nano or 0 for event in priced),
        baseline_nano=sum(event.baseline_cost_nano or 0 for event in priced),
        unpriced=len(events) - len(priced),
        newest=max((made_at(event.id) for event in events), default=None),
    )


def _priced(event: CompletionFinished) -> bool:
    return event.baseline_cost_nano is not None and event.actual_cost_nano is not None


def _start(time: datetime, interval: Interval) -> datetime:
    if interval == "week":
        return week_of(time)
    hour = time.replace(minute=0, second=0, microsecond=0)
    return hour if interval == "hour" else hour - timedelta(hours=hour.hour)
