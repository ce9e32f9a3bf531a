"""Everything alerts keeps, in memory: the twin of the stores in Postgres, passing the same tests."""

import copy
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from libs.common.contracts.alerts import AlertEvent, AlertRule
from services.alerts.domain.watching import Counted, State, Watched, Window
from services.alerts.ports import Tx
from services.alerts.translate.event_sample import Sample

Id = tuple[str, str]


@dataclass
class _Rows:
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
        yield MemoryTx(MemoryRules(rows), MemoryMeter(rows), MemoryEvents(rows))
        self._rows = rows


@dataclass(frozen=True)
class MemoryTx:
    """The stores of one block."""

    rules: "MemoryRules"
    meter: "MemoryMeter"
    events: "MemoryEvents"


class MemoryRules:
    """Implements `ports.Rules`."""

    def __init__(self, rows: _Rows) -> None:
        self._rows = rows

    async def lock(self, org_id: str) -> None:
        return

    async def all(self, org_id: str) -> Sequence[AlertRule]:
        mine = [rule for rule in self._rows.rules.values() if rule.org_id == org_id]
        return sorted(mine, key=lambda rule: (rule.created_at_ms, rule.id))

    async def one(self, org_id: str, rule_id: str) -> AlertRule | None:
        return self._rows.rules.get((org_id, rule_id))

    async def put(self, rule: AlertRule) -> bool:
        if any(known.id == rule.id and known.org_id != rule.org_id for known in self._rows.rules.values()):
            return False
        key = rule.org_id, rule.id
        known = self._rows.rules.get(key, rule)
        self._rows.rules[key] = msgspec.structs.replace(rule, created_at_ms=known.created_at_ms)
        state = self._rows.states.get(key, State())
        self._rows.states[key] = State(firing=state.firing and rule.is_active, fired_at=state.fired_at)
        return True

    async def delete(self, org_id: str, rule_id: str) -> bool:
        self._rows.states.pop((org_id, rule_id), None)
        return self._rows.rules.pop((org_id, rule_id), None) is not None

    async def watched(self) -> Sequence[Watched]:
        return [
            Watched(rule=rule, state=self._rows.states[key]) for key, rule in self._rows.rules.items() if rule.is_active
        ]

    async def stand(self, rule: AlertRule, state: State) -> None:
        self._rows.states[rule.org_id, rule.id] = state


class MemoryMeter:
    """Implements `ports.Meter`."""

    def __init__(self, rows: _Rows) -> None:
        self._rows = rows

    async def add(self, samples: Sequence[Sample]) -> int:
        before = len(self._rows.samples)
        for sample in samples:
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
        mine = [event for event in self._rows.events if event.org_id == org_id]
        return sorted(mine, key=lambda event: event.id, reverse=True)[:limit]


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
