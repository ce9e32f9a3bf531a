"""Everything alerts keeps, in memory: the twin of the stores in Postgres, passing the same tests."""

import copy
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from libs.common.contracts.alerts import AlertEvent, AlertRule, Channel, Notification
from services.alerts.domain.notice import Notice
from services.alerts.domain.watching import Counted, State, Watched, Window
from services.alerts.ports import Tx, Waiting
from services.alerts.translate.event_sample import Sample

Id = tuple[str, str]


@dataclass
class _Sent:
    event_id: str
    notice: Notice
    outcome: Notification
    due: datetime


@dataclass
class _Rows:
    sealed: dict[Id, str | None] = field(default_factory=dict)
    outbox: list[_Sent] = field(default_factory=list)
    erased: set[str] = field(default_factory=set)
    rules: dict[Id, AlertRule] = field(default_factory=dict)
    states: dict[Id, State] = field(default_factory=dict)
    events: list[AlertEvent] = field(default_factory=list)
    fired: set[tuple[str, str, datetime, float]] = field(default_factory=set)
    samples: dict[Id, Sample] = field(default_factory=dict)


class MemoryUnitOfWork:
    """Implements `ports.UnitOfWork`: a block that raises leaves no trace. One block at a time."""

    def __init__(self) -> None:
        self._rows = _Rows()

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[Tx]:
        rows = copy.deepcopy(self._rows)
        yield MemoryTx(
            MemoryRules(rows), MemoryMeter(rows), MemoryEvents(rows), MemoryOutbox(rows), MemoryErasing(rows)
        )
        self._rows = rows


@dataclass(frozen=True)
class MemoryTx:
    """The stores of one block."""

    rules: "MemoryRules"
    meter: "MemoryMeter"
    events: "MemoryEvents"
    outbox: "MemoryOutbox"
    erasing: "MemoryErasing"


class MemoryRules:
    """Implements `ports.Rules`."""

    def __init__(self, rows: _Rows) -> None:
        self._rows = rows

    async def lock(self, org_id: str) -> None:
        return

    async def all(self, org_id: str) -> Sequence[AlertRule]:
        mine = [self._told(key) for key in self._rows.rules if key[0] == org_id]
        return sorted(mine, key=lambda rule: (rule.created_at_ms, rule.id))

    async def one(self, org_id: str, rule_id: str) -> AlertRule | None:
        key = org_id, rule_id
        return self._told(key) if key in self._rows.rules else None

    async def put(self, rule: AlertRule, sealed: str | None) -> bool:
        if rule.org_id in self._rows.erased or any(
            known.id == rule.id and known.org_id != rule.org_id for known in self._rows.rules.values()
        ):
            return False
        key = rule.org_id, rule.id
        known = self._rows.rules.get(key, rule)
        kept = msgspec.structs.replace(rule, created_at_ms=known.created_at_ms, firing_since_ms=None)
        self._rows.rules[key] = kept
        state = self._rows.states.get(key, State())
        firing = state.firing and rule.is_active
        self._rows.states[key] = State(firing=firing, fired_at=state.fired_at, back_at=state.back_at)
        self._rows.sealed[key] = sealed
        return True

    async def sealed(self, org_id: str, rule_id: str) -> str | None:
        return self._rows.sealed.get((org_id, rule_id))

    async def alone(self) -> bool:
        return True

    async def delete(self, org_id: str, rule_id: str) -> bool:
        for kept in (self._rows.states, self._rows.sealed):
            kept.pop((org_id, rule_id), None)
        return self._rows.rules.pop((org_id, rule_id), None) is not None

    async def watched(self) -> Sequence[Watched]:
        return [
            Watched(rule=rule, state=self._rows.states[key]) for key, rule in self._rows.rules.items() if rule.is_active
        ]

    async def stand(self, rule: AlertRule, state: State) -> None:
        self._rows.states[rule.org_id, rule.id] = state

    def _told(self, key: Id) -> AlertRule:
        state = self._rows.states[key]
        since = state.fired_at.timestamp() * 1000 if state.firing and state.fired_at else None
        return msgspec.structs.replace(self._rows.rules[key], firing_since_ms=None if since is None else round(since))


class MemoryMeter:
    """Implements `ports.Meter`."""

    def __init__(self, rows: _Rows) -> None:
        self._rows = rows

    async def add(self, samples: Sequence[Sample]) -> int:
        before = len(self._rows.samples)
        for sample in (one for one in samples if one.org_id not in self._rows.erased):
            self._rows.samples.setdefault((sample.org_id, sample.id), sample)
        return len(self._rows.samples) - before

    async def counted(self, windows: Sequence[Window]) -> Sequence[Counted]:
        return [_counted([sample for sample in self._rows.samples.values() if _in(sample, one)]) for one in windows]

    async def sweep(self, before: datetime) -> bool:
        self._rows.samples = {key: sample for key, sample in self._rows.samples.items() if sample.at >= before}
        return False


class MemoryEvents:
    """Implements `ports.Events`."""

    def __init__(self, rows: _Rows) -> None:
        self._rows = rows

    async def add(self, event: AlertEvent, window: Window) -> bool:
        crossing = event.org_id, event.rule_id, window.start, event.threshold
        if event.kind == "fired":
            if crossing in self._rows.fired:
                return False
            self._rows.fired.add(crossing)
        self._rows.events.append(event)
        return True

    async def newest(self, org_id: str, limit: int) -> Sequence[AlertEvent]:
        told: dict[str, list[Notification]] = defaultdict(list)
        for one in self._rows.outbox:
            told[one.event_id].append(one.outcome)
        mine = [
            msgspec.structs.replace(event, notifications=tuple(told[event.id]))
            for event in self._rows.events
            if event.org_id == org_id
        ]
        return sorted(mine, key=lambda event: event.id, reverse=True)[:limit]


class MemoryOutbox:
    """Implements `ports.Outbox`."""

    def __init__(self, rows: _Rows) -> None:
        self._rows = rows

    async def add(self, event_id: str, channel: Channel, notice: Notice, due: datetime) -> None:
        waiting = Notification(channel=channel, state="waiting", attempts=0)
        self._rows.outbox.append(_Sent(event_id, notice, waiting, due))

    async def take(self, now: datetime, until: datetime, limit: int) -> Sequence[Waiting]:
        due = [one for one in self._rows.outbox if one.outcome.state == "waiting" and one.due <= now]
        taken = sorted(due, key=lambda one: (one.due, one.notice.id))[:limit]
        for one in taken:
            one.due = until
            one.outcome = msgspec.structs.replace(one.outcome, attempts=one.outcome.attempts + 1)
        return [Waiting(notice=one.notice, channel=one.outcome.channel, attempts=one.outcome.attempts) for one in taken]

    async def settle(self, notice: Notice, outcome: Notification, due: datetime) -> None:
        for one in self._rows.outbox:
            if one.notice.id == notice.id and one.outcome.state == "waiting":
                one.outcome, one.due = outcome, due

    async def sweep(self, before: datetime) -> None:
        over = [one for one in self._rows.outbox if one.outcome.state != "waiting" and one.due < before]
        self._rows.outbox = [one for one in self._rows.outbox if one not in over]


class MemoryErasing:
    """Implements `ports.Erasing`."""

    def __init__(self, rows: _Rows) -> None:
        self._rows = rows

    async def forbid(self, org_id: str, at: datetime) -> None:
        self._rows.erased.add(org_id)

    async def erase(self, org_id: str) -> bool:
        rows = self._rows
        for kept in (rows.rules, rows.states, rows.sealed, rows.samples):
            for key in [key for key in kept if key[0] == org_id]:
                del kept[key]
        rows.events = [event for event in rows.events if event.org_id != org_id]
        rows.outbox = [one for one in rows.outbox if one.notice.org_id != org_id]
        return False


def _in(sample: Sample, window: Window) -> bool:
    minute = sample.at.replace(second=0, microsecond=0)
    return sample.org_id == window.org_id and window.start <= minute < window.end


def _counted(samples: Sequence[Sample]) -> Counted:
    priced = [one for one in samples if one.cost_nano is not None and one.baseline_nano is not None]
    return Counted(
        requests=len(samples),
        errors=sum(one.failed for one in samples),
        spend_nano=sum(one.cost_nano or 0 for one in samples),
        cost_nano=sum(one.cost_nano or 0 for one in priced),
        baseline_nano=sum(one.baseline_nano or 0 for one in priced),
        latencies=Counter(one.bucket for one in samples),
        newest=max((one.at for one in samples), default=None),
    )
