"""Budgets without room: what admins are told, and how often."""

from typing import Any

import msgspec
import pytest

from libs.common.contracts.events import BudgetExceeded
from services.alerts.budget_steps import BudgetSteps
from services.alerts.domain.messages import budget_sentence
from tests.integration.alerts.test_notifications import DOLLAR, House, house  # noqa: F401
from tests.unit.analytics.examples import NOW, ms


async def test_admins_are_told_once_in_a_period_of_a_budget_without_room(house: House) -> None:  # noqa: F811
    steps = BudgetSteps(house.uow, house.clock)
    told = BudgetExceeded(
        org_id=house.org,
        budget_id="bgt_1",
        name="Each user",
        subject="user",
        tag=None,
        value="ann",
        each=True,
        period="day",
        limit_nano=5 * DOLLAR,
        on_exceed="route_simple",
        time_ms=ms(NOW),
        start_ms=ms(NOW) - 1000,
        until_ms=ms(NOW) + 3_600_000,
    )
    later = msgspec.structs.replace(told, time_ms=ms(NOW) + 5, value="bob")  # another gateway's
    raised = msgspec.structs.replace(told, limit_nano=7 * DOLLAR, start_ms=ms(NOW) + 1, time_ms=ms(NOW) + 9)
    await steps.record([told, later])
    await steps.record([told, raised])
    await house.delivery.deliver()
    newest, first = await house.events()
    assert (first.metric, first.kind, first.rule_id, first.rule_name, first.value) == (
        "budget",
        "fired",
        "bgt_1",
        "Budget: Each user",
        5.0,
    )
    assert (newest.threshold, len(house.mail.mails)) == (7.0, 2)
    assert first.message.startswith(
        'The budget "Each user" of $5.00 a day is used up or set aside for calls under way, first for the user ann.'
        " Requests that may be routed go to the cheapest model of their ladder, until it starts anew at "
    )


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"subject": "tag", "tag": "app", "value": "x"}, "calls under way, first for app=x. Requests that it has no"),
        (
            {"subject": "tag", "tag": "app", "value": "x", "each": False},
            "calls under way. Requests that it has no room",
        ),
        ({"subject": "team", "value": "team_1", "on_exceed": "alert"}, "first for a team. Requests go on as before,"),
        ({"subject": "key", "value": "key_1"}, "first for a key. Requests that it has no room for are refused, until"),
        ({"value": "(other)"}, "first for a user beyond those with sums of their own. Requests"),
    ],
)
def test_what_is_told_of_a_budget(fields: dict[str, Any], sentence: str) -> None:
    plain = BudgetExceeded(
        org_id="org_1",
        budget_id="bgt_1",
        name="b",
        subject="user",
        tag=None,
        value="ann",
        each=True,
        period="month",
        limit_nano=1,
        on_exceed="block",
        time_ms=0,
        start_ms=0,
        until_ms=1,
    )
    assert sentence in budget_sentence(msgspec.structs.replace(plain, **fields))
