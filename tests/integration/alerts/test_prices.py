"""What admins are told of prices, in which words, and how often."""

import pytest

from libs.common.contracts.events import PriceNotice, PricesNoticed
from services.alerts.domain.messages import price_sentence
from services.alerts.price_steps import PriceSteps
from tests.integration.alerts.test_notifications import DOLLAR, House, house  # noqa: F401
from tests.unit.analytics.examples import NOW, ms

CHANGE = PriceNotice(
    kind="price_change", model="m", day="2026-12-01", requests=1_204, cost_nano=12 * DOLLAR, other_cost_nano=15 * DOLLAR
)
END = PriceNotice(kind="retirement", model="m", day="2026-12-11", requests=1, cost_nano=12 * DOLLAR)
CHEAPER = PriceNotice(
    kind="cheaper_model", model="m", day=None, requests=9, cost_nano=12 * DOLLAR, other="n", other_cost_nano=2 * DOLLAR
)


async def test_admins_have_one_mail_for_all_that_is_new_on_a_day(house: House) -> None:  # noqa: F811
    steps = PriceSteps(house.uow, house.clock)
    noticed = PricesNoticed(org_id=house.org, time_ms=ms(NOW), notices=(CHANGE, CHEAPER))
    await steps.record([noticed, noticed])
    await steps.record([noticed])
    await house.delivery.deliver()
    [event] = await house.events()
    assert (event.metric, event.rule_name, event.value) == ("prices", "Prices of models in use", 2.0)
    assert event.message == f"{price_sentence(CHANGE)} {price_sentence(CHEAPER)}"
    [(to, mail)] = house.mail.mails
    assert to == ["ann@example.com", "bob@example.com"]
    assert mail["Subject"] == "[Promptly] Alert: Prices of models in use"
    assert price_sentence(CHANGE) in " ".join(mail.get_content().split())


@pytest.mark.parametrize(
    ("notice", "sentence"),
    [
        (
            CHANGE,
            (
                "The prices of m change on 2026-12-01: its 1,204 requests of the last 30 days, $12.00 at today's list prices, would"
                " cost $15.00, $3.00 more."
            ),
        ),
        (
            END,
            (
                "m retires on 2026-12-11; its 1 request of the last 30 days cost $12.00 at list prices. The catalogue names no model of"
                " its provider that takes its place."
            ),
        ),
        (
            CHEAPER,
            (
                "n costs less than m: with the same tokens its 9 requests of the last 30 days would cost $2.00 in the place of $12.00 at"
                " list prices, $10.00 less. Whether its answers do is for you to try; nothing was changed."
            ),
        ),
    ],
)
def test_what_is_said_of_a_price(notice: PriceNotice, sentence: str) -> None:
    assert price_sentence(notice) == sentence
