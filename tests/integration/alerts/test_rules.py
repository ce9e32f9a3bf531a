"""Rules as their owners keep them, in the store."""

import asyncio

import msgspec
import pytest

from libs.common.clock import ManualClock
from libs.common.contracts.alerts import AlertRuleId, EventsQuery, RulesOf
from libs.common.errors import BadRequest, NotFound
from libs.common.ids import new_id
from services.alerts.domain.rules import MOST_RULES
from services.alerts.ports import UnitOfWork
from services.alerts.rules import Rules
from tests.unit.alerts.examples import rule
from tests.unit.analytics.examples import NOW, ms


@pytest.fixture
def rules(uow: UnitOfWork, clock: ManualClock) -> Rules:
    return Rules(uow, clock)


async def test_a_rule_is_kept_changed_and_deleted(rules: Rules, clock: ManualClock) -> None:
    org = new_id("org")
    first = await rules.put(rule(org, channels=("email",)))
    assert first.created_at_ms == ms(NOW)
    clock.advance(1)
    second = await rules.put(rule(org, metric="error_rate", threshold=12.5, window_minutes=5, is_active=False))
    changed = await rules.put(msgspec.structs.replace(first, threshold=100.0, name="Higher", created_at_ms=0))
    assert changed == msgspec.structs.replace(first, threshold=100.0, name="Higher")
    assert (await rules.all(RulesOf(org_id=org))).rules == (changed, second)
    assert await rules.one(AlertRuleId(org_id=org, id=first.id)) == changed
    assert (await rules.delete(AlertRuleId(org_id=org, id=first.id))).id == first.id
    assert (await rules.all(RulesOf(org_id=org))).rules == (second,)
    for call in (rules.one, rules.delete):
        with pytest.raises(NotFound):
            await call(AlertRuleId(org_id=org, id=first.id))


async def test_another_organizations_rule_is_not_found(rules: Rules) -> None:
    mine, theirs = new_id("org"), new_id("org")
    kept = await rules.put(rule(theirs))
    for call in (rules.one, rules.delete):
        with pytest.raises(NotFound):
            await call(AlertRuleId(org_id=mine, id=kept.id))
    with pytest.raises(NotFound):
        await rules.put(msgspec.structs.replace(kept, org_id=mine, threshold=1.0))
    assert (await rules.all(RulesOf(org_id=mine))).rules == ()
    assert await rules.one(AlertRuleId(org_id=theirs, id=kept.id)) == kept


async def test_a_deleted_rules_id_is_free_again(rules: Rules) -> None:
    org = new_id("org")
    kept = await rules.put(rule(org))
    await rules.delete(AlertRuleId(org_id=org, id=kept.id))
    assert (await rules.put(kept)).id == kept.id


async def test_a_hundred_rules_are_enough_also_when_all_come_at_once(rules: Rules) -> None:
    org = new_id("org")
    for _ in range(MOST_RULES - 1):
        last = await rules.put(rule(org))
    came = await asyncio.gather(*(rules.put(rule(org)) for _ in range(4)), return_exceptions=True)
    assert sorted(type(one).__name__ for one in came) == ["AlertRule", *["BadRequest"] * 3]
    with pytest.raises(BadRequest, match="100 alert rules"):
        await rules.put(rule(org))
    assert (await rules.put(msgspec.structs.replace(last, threshold=1.0))).threshold == 1.0


@pytest.mark.parametrize("limit", [0, 201])
async def test_a_list_of_events_has_a_length(rules: Rules, limit: int) -> None:
    with pytest.raises(BadRequest, match="limit"):
        await rules.events(EventsQuery(org_id="org_a", limit=limit))
