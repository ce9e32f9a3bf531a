"""Conversations of an experiment in Postgres: what they add up to, and that it equals a recount."""

from collections.abc import Sequence
from datetime import timedelta

import msgspec
import numpy as np
import pytest
from sqlalchemy import text

from libs.common.catalog import load
from libs.common.contracts.analytics import Period
from libs.common.contracts.events import CompletionFinished, LeverName, TokenClasses
from libs.common.contracts.experiments import ExperimentQuery, ExperimentResults
from libs.common.db import connect
from libs.common.ids import new_id
from services.analytics.domain.periods import time_range
from services.analytics.experiments import Experiments
from services.analytics.ports import UnitOfWork
from tests.unit.analytics.examples import NOW, ms, request

FROM_MS, TO_MS = ms(NOW - timedelta(days=28)), ms(NOW + timedelta(days=1))


@pytest.fixture
def org_id() -> str:
    return new_id("org")


async def _results(uow: UnitOfWork, org_id: str) -> ExperimentResults:
    return await Experiments(uow, load()).results(ExperimentQuery(org_id=org_id, from_ms=FROM_MS, to_ms=TO_MS))


async def _keep(uow: UnitOfWork, org_id: str, turns: Sequence[CompletionFinished]) -> None:
    async with uow() as tx:
        await tx.log.append([msgspec.structs.replace(turn, org_id=org_id) for turn in turns], NOW, ())


def _turn(name: str, arm: str, minutes: float, **changes: object) -> CompletionFinished:
    plain = {"baseline_model": "gpt-4o", "asked_digest": None, "latency_ms": 10.0}
    return request("org_a", NOW - timedelta(minutes=minutes), conversation=name, arm=arm, **{**plain, **changes})


def _traffic(conversations: int) -> list[CompletionFinished]:
    random = np.random.default_rng(7)
    found = []
    for number in range(conversations):
        arm = "control" if number % 4 == 0 else "treated"
        tokens = int(random.lognormal(6, 1))
        for turn in range(1 + number % 3):
            cost = tokens * 2_500 * (turn + 1)
            found.append(
                _turn(
                    f"c{number}",
                    arm,
                    60 + number * 10 - turn,
                    original_tokens=tokens,
                    baseline_cost_nano=cost,
                    actual_cost_nano=cost if arm == "control" else cost * 7 // 10,
                    tokens=TokenClasses(uncached_input=tokens, output_text=10),
                )
            )
    return found


async def test_the_figures_equal_a_recount_in_sql_and_numpy(uow: UnitOfWork, database_url: str, org_id: str) -> None:
    await _keep(uow, org_id, _traffic(240))
    found = await _results(uow, org_id)
    assert found.status == "measured"
    assert (found.conversations_treated, found.conversations_control) == (180, 60)
    async with connect(database_url) as database, database() as tx:
        rows = (
            await tx.execute(
                text("""
                    SELECT arm, sum(actual_cost_nano)::float8, sum(baseline_cost_nano)::float8, count(*)::float8,
                        (SELECT original_tokens FROM analytics.requests AS first
                         WHERE first.conversation = r.conversation AND first.org_id = :org_id ORDER BY at, id LIMIT 1)::float8
                    FROM analytics.requests AS r WHERE org_id = :org_id AND arm IS NOT NULL GROUP BY arm, conversation
                """),
                {"org_id": org_id},
            )
        ).all()
    costs = {arm: np.array([row[1:] for row in rows if row[0] == arm]) for arm in ("treated", "control")}
    shares = [costs[arm] / costs[arm].mean(axis=0) - 1 for arm in ("treated", "control")]
    slope = sum(side[:, 3] @ side[:, 0] for side in shares) / sum(side[:, 3] @ side[:, 3] for side in shares)
    ratio = costs["treated"].mean(axis=0) / costs["control"].mean(axis=0)
    assert found.measured is not None
    assert found.measured.value == pytest.approx(1 - ratio[0] / ratio[3] ** slope, abs=1e-9)
    assert found.measured.low <= 0.3 <= found.measured.high
    assert found.estimated == pytest.approx(1 - costs["treated"][:, 0].sum() / costs["treated"][:, 1].sum())
    turns = next(one for one in found.quality if one.name == "turns")
    assert turns.difference.value == pytest.approx(costs["treated"][:, 2].mean() - costs["control"][:, 2].mean())


async def test_few_conversations_give_no_figure(uow: UnitOfWork, org_id: str) -> None:
    await _keep(uow, org_id, _traffic(116))  # 29 of them held out
    found = await _results(uow, org_id)
    assert (found.status, found.measured, found.quality) == ("not_enough", None, ())
    assert found.conversations_control == 29


async def test_who_asks_again(uow: UnitOfWork, org_id: str) -> None:
    """Soon after an answer, in the same words; not a tool loop, not after an error, not much later, not at the same time."""
    cases = {
        "again": (_turn("again", "treated", 30, asked_digest="d"), _turn("again", "treated", 25, asked_digest="d")),
        "tools": (
            _turn("tools", "treated", 30, asked_digest="d", stop="tool_use"),
            _turn("tools", "treated", 25, asked_digest="d"),
        ),
        "error": (
            _turn("error", "treated", 30, asked_digest="d", status="error"),
            _turn("error", "treated", 25, asked_digest="d"),
        ),
        "late": (_turn("late", "treated", 30, asked_digest="d"), _turn("late", "treated", 19, asked_digest="d")),
        "other": (_turn("other", "treated", 30, asked_digest="d"), _turn("other", "treated", 25, asked_digest="e")),
        "at once": (
            _turn("at once", "treated", 30, asked_digest="d", latency_ms=360_000.0),
            _turn("at once", "treated", 25, asked_digest="d"),
        ),
    }
    for turns in cases.values():
        await _keep(uow, org_id, turns)
    async with uow() as tx:
        rows = await tx.experiments.conversations(time_range(Period(org_id=org_id, from_ms=FROM_MS, to_ms=TO_MS)))
    assert len(rows) == len(cases)
    assert sum(row.reask for row in rows) == 1


async def test_each_lever_shows_its_own_effect(uow: UnitOfWork, org_id: str) -> None:
    """Of two levers that are drawn apart, one takes a fifth off the cost, and people ask again where the other acts."""
    turns: list[CompletionFinished] = []
    for number in range(400):
        saves, harms = number % 2 == 0, number // 2 % 2 == 0
        first = 1000 + number // 4 % 20 * 100
        cost = first * (4 if saves else 5) + number % 7 * 100
        arms: dict[LeverName, bool] = {"tools": saves, "effort": harms}
        plain = {"lever_arms": arms, "actual_cost_nano": cost, "baseline_cost_nano": cost, "asked_digest": "d"}
        turns.append(_turn(f"c{number}", "treated", 9000 - number * 20, original_tokens=first, **plain))
        if harms and number % 3 == 0:
            free = {**plain, "actual_cost_nano": 0, "baseline_cost_nano": 0}
            turns.append(_turn(f"c{number}", "treated", 8995 - number * 20, **free))
    # What ran before the levers had arms, and what changed sides, is compared with nothing.
    turns.append(_turn("before", "treated", 20))
    turns += [_turn("changed", "treated", 20 - at, lever_arms={"tools": at == 0}) for at in range(2)]
    await _keep(uow, org_id, turns)
    found = await _results(uow, org_id)
    effort, tools = found.levers
    assert (effort.lever, tools.lever) == ("effort", "tools")
    assert (tools.conversations_on, tools.conversations_off) == (200, 200)
    assert (effort.conversations_on, effort.conversations_off) == (200, 200)
    assert tools.measured is not None
    assert effort.measured is not None
    assert tools.reask is not None
    assert effort.reask is not None
    assert effort.measured.low <= 0 <= effort.measured.high
    assert effort.measured.value == pytest.approx(0, abs=0.01)
    assert tools.measured.value == pytest.approx(0.19, abs=0.01)
    assert (tools.reask.harmful, effort.reask.harmful, found.suspect) == (False, True, "effort")
    assert effort.reask.control == 0
    # Treated are those with all levers, and one that ran before.
    assert (found.conversations_treated, found.conversations_control) == (101, 0)


async def test_unknown_prices_and_changed_sides_are_counted_apart(uow: UnitOfWork, org_id: str) -> None:
    turns = [
        _turn("unpriced", "treated", 5, actual_cost_nano=None),
        _turn("changed", "treated", 5),
        _turn("changed", "control", 4),
    ]
    await _keep(uow, org_id, turns)
    found = await _results(uow, org_id)
    assert (found.unpriced, found.mixed, found.conversations_treated) == (1, 1, 1)
