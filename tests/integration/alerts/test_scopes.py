"""Rules for a key, a team, a user, a tag, a model or an endpoint: each sees its own requests and no others."""

from datetime import timedelta
from typing import Any

import pytest

from libs.common.clock import ManualClock
from libs.common.contracts.alerts import AlertScope, EventsQuery
from libs.common.db import connect, migrate
from libs.common.errors import BadRequest
from libs.common.ids import new_id
from services.alerts.ports import UnitOfWork
from services.alerts.store.unit_of_work import unit_of_work
from services.alerts.translate.request_sample import sample
from tests.integration.alerts.conftest import MIGRATIONS
from tests.integration.alerts.test_evaluation import DOLLAR, House
from tests.unit.analytics.examples import NOW, request

KEY, TEAM = new_id("key"), new_id("team")
SCOPES: list[tuple[AlertScope, dict[str, Any]]] = [
    (AlertScope(by="key", value=KEY, name="Production"), {"key_id": KEY}),
    (AlertScope(by="team", value=TEAM, name="Search"), {"team_id": TEAM}),
    (AlertScope(by="user", value="ann:=\u00e4"), {"end_user": "ann:=\u00e4"}),
    (AlertScope(by="tag", tag="region", value="eu=west"), {"tags": {"region": "eu=west"}}),
    (AlertScope(by="model", value="gpt-4o"), {"served_model": "gpt-4o"}),
    (AlertScope(by="endpoint", value="embedding"), {"kind": "embedding"}),
]
OTHER = {
    "served_model": "gpt-4o-mini",
    "kind": "chat",
    "tags": {"region": "eu"},
    "end_user": "ann",
    "team_id": new_id("team"),
}


@pytest.fixture
def house(uow: UnitOfWork, clock: ManualClock) -> House:
    return House(uow, clock)


@pytest.mark.parametrize(("scope", "has"), SCOPES, ids=[scope.by for scope, _ in SCOPES])
async def test_a_rule_sees_its_own_requests_and_no_others(house: House, scope: AlertScope, has: dict[str, Any]) -> None:
    await house.watch(threshold=5.0, scope=scope)
    await house.finish(3, **{**OTHER, "actual_cost_nano": 4 * DOLLAR})
    assert await house.evaluate() == []
    await house.finish(1, **{**OTHER, **has, "actual_cost_nano": 6 * DOLLAR})
    assert await house.evaluate() == [("fired", 6.0)]
    [event] = (await house.rules.events(EventsQuery(org_id=house.org))).events
    assert event.scope == scope
    assert event.message.endswith(f" {scope.name or scope.value}).") or f"region={scope.value})" in event.message


async def test_every_metric_is_of_the_scope(house: House) -> None:
    scope = AlertScope(by="model", value="gpt-4o")
    mine, theirs = {**OTHER, "served_model": "gpt-4o"}, OTHER
    for metric, threshold in (
        ("error_rate", 40.0),
        ("latency_p95", 900.0),
        ("cost_per_request", 0.5),
        ("savings_percentage", 70.0),
    ):
        await house.watch(metric=metric, threshold=threshold, operator="gte", scope=scope)
    figures = {"latency_ms": 1000.0, "actual_cost_nano": DOLLAR, "baseline_cost_nano": 4 * DOLLAR}
    await house.finish(2, **mine, **figures, status="error")
    await house.finish(2, **mine, **figures)
    await house.finish(50, **theirs, latency_ms=1.0, actual_cost_nano=1, baseline_cost_nano=1)
    await house.evaluate()
    found = (await house.rules.events(EventsQuery(org_id=house.org))).events
    values = {event.metric: event.value for event in found}
    assert len(found) == 4
    assert values["latency_p95"] == pytest.approx(1000, rel=0.02)
    assert (values["error_rate"], values["cost_per_request"], values["savings_percentage"]) == (50.0, 1.0, 75.0)


async def test_two_rules_of_one_scope_count_once_and_a_repetition_does_not(house: House) -> None:
    scope = AlertScope(by="endpoint", value="chat")
    await house.watch(threshold=1.5, scope=scope)
    await house.watch(threshold=2.5, scope=scope)
    once = request(house.org, house.clock.now(), kind="chat", actual_cost_nano=2 * DOLLAR)
    for _ in range(3):
        await house.counting.count([once])
    assert await house.evaluate() == [("fired", 2.0)]


async def test_another_scope_may_fire_in_the_same_window(house: House) -> None:
    first = await house.watch(threshold=1.0, cooldown_minutes=1, scope=AlertScope(by="model", value="a"))
    await house.watch(threshold=1000.0, scope=AlertScope(by="model", value="b"))
    await house.finish(1, served_model="a", actual_cost_nano=2 * DOLLAR)
    await house.finish(1, served_model="b", actual_cost_nano=3 * DOLLAR)
    assert await house.evaluate() == [("fired", 2.0)]
    await house.watch(id=first.id, threshold=1.0, is_active=False, scope=AlertScope(by="model", value="b"))
    await house.watch(id=first.id, threshold=1.0, cooldown_minutes=1, scope=AlertScope(by="model", value="b"))
    house.clock.advance(120)
    assert (await house.evaluate())[-1] == ("fired", 3.0)


@pytest.mark.parametrize(
    "scope",
    [
        AlertScope(value="x"),
        AlertScope(by="organization", tag="t"),
        AlertScope(by="model"),
        AlertScope(by="model", value="m" * 257),
        AlertScope(by="user", value="a\x00"),
        AlertScope(by="user", value="a", tag="t"),
        AlertScope(by="tag", value="v"),
        AlertScope(by="tag", value="v", tag="a=b"),
        AlertScope(by="key", value="Production"),
        AlertScope(by="team", value=KEY),
        AlertScope(by="endpoint", value="nowhere"),
    ],
)
async def test_what_no_request_could_have_is_refused(house: House, scope: AlertScope) -> None:
    with pytest.raises(BadRequest) as refused:
        await house.watch(scope=scope)
    assert refused.value.details.param in ("scope.value", "scope.tag")


async def test_what_is_forgotten_takes_scopes_along(database_url: str, clock: ManualClock) -> None:
    await migrate(database_url, "alerts", MIGRATIONS)
    async with connect(database_url) as database:
        house = House(unit_of_work(database), clock)
        await house.watch(scope=AlertScope(by="model", value="a"))
        await house.finish(1, served_model="a")
        house.clock.advance(timedelta(days=9).total_seconds())
        await house.counting.sweep()
        async with database() as tx:
            for table in ("scope_minutes", "scope_latencies"):
                left = await tx.exec_driver_sql(f"SELECT count(*) FROM alerts.{table} WHERE org_id = '{house.org}'")
                assert left.scalar_one() == 0


def test_names_that_postgres_cannot_hold_are_counted_under_nothing() -> None:
    event = request("org_a", NOW, end_user="a\x00b", tags={"t": "\ud800", "n\x00": "v"})
    assert not [name for name in sample(event).scopes if "\x00" in name]
