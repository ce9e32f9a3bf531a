"""Alerts as the others see it: over a bus, with its own clock."""

import asyncio

import pytest

from libs.common.bus import MemoryBus
from libs.common.clock import ManualClock
from libs.common.contracts.alerts import (
    DELETE_RULE,
    GET_RULE,
    LIST_EVENTS,
    LIST_RULES,
    PUT_RULE,
    TEST_RULE,
    AlertEvents,
    AlertRuleId,
    EventsQuery,
    RulesOf,
)
from libs.common.contracts.events import COMPLETION_FINISHED
from libs.common.errors import BadRequest, NotFound
from libs.common.ids import new_id
from libs.common.settings import SettingsError
from services.alerts.app import create_app
from services.alerts.settings import AlertsSettings
from tests.unit.alerts.examples import rule
from tests.unit.analytics.examples import request

DOLLAR = 1_000_000_000


async def test_a_rule_fires_by_itself(database_url: str, clock: ManualClock) -> None:
    bus, org = MemoryBus(), new_id("org")
    async with create_app(AlertsSettings(database_url=database_url, alerts_interval=0.01), bus, clock) as app:
        kept = await bus.call(PUT_RULE, rule(org, threshold=1.0))
        expensive = request(org, actual_cost_nano=2 * DOLLAR)
        await bus.emit(COMPLETION_FINISHED, expensive, event_id=expensive.id)
        async with asyncio.timeout(10):
            while not (found := await _events(bus, org)).events:
                await asyncio.sleep(0.01)
        [event] = found.events
        assert (event.rule_id, event.kind, event.value) == (kept.id, "fired", 2.0)
        assert app.missing() == []
        bus.connected = False
        assert app.missing() == ["nats"]
    await bus.drain()


async def test_the_doors(database_url: str, clock: ManualClock) -> None:
    bus, org, other = MemoryBus(), new_id("org"), new_id("org")
    async with create_app(AlertsSettings(database_url=database_url), bus, clock):
        kept = await bus.call(PUT_RULE, rule(org))
        assert (await bus.call(LIST_RULES, RulesOf(org_id=org))).rules == (kept,)
        assert await bus.call(GET_RULE, AlertRuleId(org_id=org, id=kept.id)) == kept
        with pytest.raises(NotFound):
            await bus.call(GET_RULE, AlertRuleId(org_id=other, id=kept.id))
        with pytest.raises(NotFound):
            await bus.call(DELETE_RULE, AlertRuleId(org_id=other, id=kept.id))
        with pytest.raises(BadRequest, match="threshold"):
            await bus.call(PUT_RULE, rule(org, threshold=-1.0))
        assert (await bus.call(DELETE_RULE, AlertRuleId(org_id=org, id=kept.id))).id == kept.id
        assert (await _events(bus, other)).events == ()
    await bus.drain()


async def test_what_cannot_be_counted_is_set_aside_and_the_rest_counts(database_url: str, clock: ManualClock) -> None:
    bus, org = MemoryBus(), new_id("org")
    async with create_app(AlertsSettings(database_url=database_url, alerts_interval=0.01), bus, clock):
        await bus.call(PUT_RULE, rule(org, threshold=1.0))
        broken = [
            request(org, id="not-an-id"),
            request(org, id="req_" + "f" * 32),  # a day that no calendar has
        ]
        absurd = [request(org, actual_cost_nano=2**70), request(org, actual_cost_nano=10**30)]  # more than there is
        for number, event in enumerate([*broken, *absurd, request(org, actual_cost_nano=2 * DOLLAR)]):
            await bus.emit(COMPLETION_FINISHED, event, event_id=str(number))
        async with asyncio.timeout(10):
            while not (await _events(bus, org)).events:
                await asyncio.sleep(0.01)
        assert len(bus.dead_letters) == len(broken)
    await bus.drain()


async def _events(bus: MemoryBus, org: str) -> AlertEvents:
    return await bus.call(LIST_EVENTS, EventsQuery(org_id=org))


@pytest.mark.parametrize(
    ("setting", "value", "name"),
    [("smtp_url", "mail.example.com", "PROMPTLY_SMTP_URL"), ("alerts_kek", "c2hvcnQ=", "PROMPTLY_ALERTS_KEK")],
)
async def test_a_setting_that_cannot_be_used_is_named_and_not_quoted(setting: str, value: str, name: str) -> None:
    with pytest.raises(SettingsError, match=name) as refused:
        settings = AlertsSettings(database_url="postgresql://nowhere", **{setting: value})
        async with create_app(settings, MemoryBus()):
            pass
    assert value not in str(refused.value)


async def test_a_test_of_a_rule_says_that_there_is_no_mail_server(database_url: str, clock: ManualClock) -> None:
    bus, org = MemoryBus(), new_id("org")
    async with create_app(AlertsSettings(database_url=database_url), bus, clock):
        kept = await bus.call(PUT_RULE, rule(org))
        [told] = (await bus.call(TEST_RULE, AlertRuleId(org_id=org, id=kept.id))).notifications
        assert (told.channel, told.state) == ("email", "failed")
        assert told.error == "No mail server is set up here (PROMPTLY_SMTP_URL)."
    await bus.drain()
