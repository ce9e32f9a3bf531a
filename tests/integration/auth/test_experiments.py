"""The holdout: who may change it, how it reaches the principal, and what its results say."""

from collections.abc import Sequence

import msgspec
import pytest

from libs.common.clock import SystemClock
from libs.common.contracts.analytics import EXPERIMENT
from libs.common.contracts.events import LEVER_SWITCHED_OFF, LeverName, LeverSwitchedOff
from libs.common.contracts.experiments import (
    ExperimentQuery,
    ExperimentResults,
    LeverEffect,
    MeasuredInterval,
    QualityDifference,
)
from libs.common.db import connect
from services.auth.announced_transaction import AnnouncedTransactions
from services.auth.clients.event_publisher import BusEventPublisher
from services.auth.experiments.service import Guard
from services.auth.store.unit_of_work import unit_of_work
from tests.fixtures.nats import until
from tests.integration.auth.conftest import Auth

pytestmark = pytest.mark.asyncio(loop_scope="module")
HOLDOUT = "/api/experiments/holdout"


async def test_it_is_off_until_an_admin_switches_it_on(auth: Auth) -> None:
    org = await auth.new_org()
    member = await auth.join(org, "member")
    assert (await auth.call("GET", HOLDOUT, member)).json() == {"share": 0.0, "levers": {}, "unit": "conversation"}
    assert (await auth.call("PUT", HOLDOUT, member, json={"share": 0.05})).status_code == 403
    changed = await auth.call("PUT", HOLDOUT, org.token, json={"share": 0.05, "unit": "conversation"})
    assert (changed.status_code, changed.json()["share"]) == (200, 0.05)
    settings = (await auth.call("GET", "/api/optimization/settings", member)).json()
    assert settings["holdout_share"] == 0.05


async def test_levers_get_arms_of_their_own(auth: Auth) -> None:
    org = await auth.new_org()
    await auth.call("PUT", HOLDOUT, org.token, json={"share": 0.1})
    changed = await auth.call("PUT", HOLDOUT, org.token, json={"levers": {"effort": 0.5, "routing": 0.2, "tools": 0}})
    assert changed.json() == {"share": 0.1, "levers": {"effort": 0.5, "routing": 0.2}, "unit": "conversation"}
    assert (await auth.verify(org.api_key)).settings.lever_shares == {"effort": 0.5, "routing": 0.2}
    entries = (await auth.call("GET", "/api/audit-log", org.token)).json()["entries"]
    assert entries[0]["after"] == {"lever_shares": {"effort": 0.5, "routing": 0.2}}
    changed = await auth.call("PUT", HOLDOUT, org.token, json={"levers": {}})
    assert changed.json()["levers"] == {}


@pytest.mark.parametrize(
    "body",
    [
        {"share": 0.21},
        {"share": -0.01},
        {},
        {"share": 0.1, "unit": "request"},
        {"levers": {"effort": 0.6}},
        {"levers": {"effort": -0.1}},
        {"levers": {"unknown": 0.1}},
    ],
)
async def test_what_is_no_share_is_refused(auth: Auth, body: dict[str, object]) -> None:
    org = await auth.new_org()
    assert (await auth.call("PUT", HOLDOUT, org.token, json=body)).status_code in (400, 422)


async def test_measured_and_estimated_stand_apart(auth: Auth) -> None:
    measured = MeasuredInterval(value=0.23, low=0.19, high=0.27, always_valid_low=0.1, always_valid_high=0.3)
    asked: list[ExperimentQuery] = []

    async def results(query: ExperimentQuery) -> ExperimentResults:
        asked.append(query)
        return ExperimentResults(
            status="measured",
            measured=measured,
            estimated=0.31,
            conversations_treated=7691,
            conversations_control=412,
            unpriced=3,
            mixed=2,
            quality=(),
        )

    await auth.bus.serve(EXPERIMENT, results)
    org = await auth.new_org()
    found = (await auth.call("GET", f"{HOLDOUT}/results", org.token)).json()
    assert (found["status"], found["measured"]["value"], found["estimated"]) == ("measured", 0.23, 0.31)
    assert (found["conversations_control"], found["unpriced_conversations"], found["mixed_conversations"]) == (
        412,
        3,
        2,
    )
    assert asked[0].org_id == org.id
    assert asked[0].to_ms - asked[0].from_ms == 28 * 86_400_000


def _results(suspect: LeverName | None) -> ExperimentResults:
    interval = MeasuredInterval(value=0.08, low=0.05, high=0.11, always_valid_low=0.035, always_valid_high=0.125)
    reask = QualityDifference(
        name="reask", treated=0.1, control=0.02, difference=interval, harmful=suspect is not None, margin=0.02
    )
    return ExperimentResults(
        status="measured",
        measured=interval,
        estimated=0.3,
        conversations_treated=900,
        conversations_control=100,
        unpriced=0,
        mixed=0,
        quality=(reask,),
        suspect=suspect,
    )


async def test_the_guard_goes_by_a_levers_own_arm(auth: Auth) -> None:
    org = await auth.new_org()
    await auth.call("PUT", "/api/optimization/settings", org.token, json={"effort": "on"})
    await auth.call("PUT", HOLDOUT, org.token, json={"levers": {"effort": 0.5}})
    interval = MeasuredInterval(value=0.09, low=0.06, high=0.12, always_valid_low=0.045, always_valid_high=0.135)
    reask = QualityDifference(name="reask", treated=0.11, control=0.02, difference=interval, harmful=True, margin=0.02)
    effect = LeverEffect(lever="effort", conversations_on=420, conversations_off=431, measured=interval, reask=reask)

    async def results(query: ExperimentQuery) -> ExperimentResults:
        plain = _results(None)
        mine = query.org_id == org.id
        return msgspec.structs.replace(plain, quality=(), suspect="effort", levers=(effect,)) if mine else plain

    await auth.bus.serve(EXPERIMENT, results)
    shown = (await auth.call("GET", f"{HOLDOUT}/results", org.token)).json()
    assert shown["levers"][0]["conversations_on"] == 420
    async with connect(auth.settings.database_url) as database:
        uow = unit_of_work(database)
        publisher = BusEventPublisher(auth.bus, lambda *_: None)
        await Guard(uow, AnnouncedTransactions(uow, publisher), publisher, auth.bus, SystemClock()).check()
    assert (await auth.call("GET", "/api/optimization/settings", org.token)).json()["effort"] == "off"
    entry = (await auth.call("GET", "/api/audit-log", org.token)).json()["entries"][0]
    assert (entry["actor"], entry["before"], entry["after"]) == ("guard", {"effort": "on"}, {"effort": "off"})
    assert entry["reason"].startswith(
        "Asked again within ten minutes: 11.0% of 420 conversations with this lever, 2.0% of 431"
    )


async def test_the_guard_switches_a_harmful_lever_off_and_says_why(auth: Auth) -> None:
    org, other = await auth.new_org(), await auth.new_org()
    for one in (org, other):
        await auth.call("PUT", HOLDOUT, one.token, json={"share": 0.1})
    asked: list[ExperimentQuery] = []

    async def results(query: ExperimentQuery) -> ExperimentResults:
        asked.append(query)
        return _results("pruning" if query.org_id == org.id else None)

    told: list[LeverSwitchedOff] = []

    async def hear(steps: Sequence[LeverSwitchedOff]) -> None:
        told.extend(steps)

    await auth.bus.serve(EXPERIMENT, results)
    await auth.bus.consume(LEVER_SWITCHED_OFF, "guard_test", hear)
    async with connect(auth.settings.database_url) as database:
        uow = unit_of_work(database)
        publisher = BusEventPublisher(auth.bus, lambda *_: None)
        guard = Guard(uow, AnnouncedTransactions(uow, publisher), publisher, auth.bus, SystemClock())
        await guard.check()
        await until(lambda: told)
        settings = (await auth.call("GET", "/api/optimization/settings", org.token)).json()
        assert (settings["context_pruning"], settings["cache_enabled"]) == (False, True)
        assert (await auth.call("GET", "/api/optimization/settings", other.token)).json()["context_pruning"] is True
        entry = (await auth.call("GET", "/api/audit-log", org.token)).json()["entries"][0]
        assert (entry["actor"], entry["action"], entry["after"]) == (
            "guard",
            "lever_switched_off",
            {"context_pruning": False},
        )
        assert entry["reason"].startswith(
            "Asked again within ten minutes: 10.0% of 900 conversations with levers, 2.0% of 100"
        )

        [step] = told
        assert (step.id, step.org_id, step.lever, step.reason) == (entry["id"], org.id, "pruning", entry["reason"])
        assert step.worse_by == pytest.approx(3.5)
        assert step.margin == pytest.approx(2.0)

        asked.clear()
        await guard.check()  # anew from then on: what was harmful before says nothing of what is on now
        mine = next(query for query in asked if query.org_id == org.id)
        assert mine.to_ms - mine.from_ms < 60_000
        assert len((await auth.call("GET", "/api/audit-log", org.token)).json()["entries"]) == 2

        await auth.call("PUT", "/api/optimization/settings", org.token, json={"context_pruning": True})
        entry = (await auth.call("GET", "/api/audit-log", org.token)).json()["entries"][0]
        assert (entry["actor"], entry["before"], entry["after"]) == (
            org.user_id,
            {"context_pruning": False},
            {"context_pruning": True},
        )
        member = await auth.join(org, "member")
        assert (await auth.call("GET", "/api/audit-log", member)).status_code == 403
