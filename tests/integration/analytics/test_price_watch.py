"""The price watch on Postgres: whose requests count, how often something is reported, and that nobody else's is touched."""

from datetime import timedelta

import pytest

from libs.common.catalog import load
from libs.common.clock import ManualClock
from libs.common.contracts.events import CompletionFinished, OrgDeleted, PricesNoticed, TokenClasses
from libs.common.errors import NotConnected
from libs.common.ids import new_id
from services.analytics.ports import UnitOfWork
from services.analytics.price_watch import PriceWatch
from services.analytics.requests import Requests
from tests.integration.analytics.conftest import Silent
from tests.unit.analytics.examples import NOW, ms, request

TOKENS = TokenClasses(uncached_input=1_000_000, cache_read=100_000, output_text=100_000)


class Published:
    """Implements `ports.PricePublisher`; `away` refuses."""

    def __init__(self) -> None:
        self.events: list[PricesNoticed] = []
        self.away = False

    async def prices_noticed(self, event: PricesNoticed) -> None:
        if self.away:
            raise NotConnected("The bus is not connected.")
        self.events.append(event)

    def of(self, org_id: str) -> list[PricesNoticed]:
        return [event for event in self.events if event.org_id == org_id]


class House:
    """The watch over one store, and a log to fill."""

    def __init__(self, uow: UnitOfWork, clock: ManualClock) -> None:
        self.org, self.clock, self.published = new_id("org"), clock, Published()
        self.log = Requests(uow, clock, timedelta(days=90), Silent(), None)  # type: ignore[arg-type]  # nothing is learned
        self.watch = PriceWatch(uow, clock, load(), self.published)

    def sent(self, model: str = "claude-sonnet-4-6", days: float = 1, **changes: object) -> CompletionFinished:
        given = {"tokens": TOKENS, "routed_model": model, "served_model": model, "provider": "anthropic", **changes}
        return request(self.org, NOW - timedelta(days=days), **given)


@pytest.fixture
def house(uow: UnitOfWork, clock: ManualClock) -> House:
    return House(uow, clock)


async def test_what_is_new_is_reported_once_with_the_own_amounts(house: House) -> None:
    await house.log.record([house.sent(days=day) for day in (1, 2, 29)])
    await house.log.record(
        [
            house.sent(days=31),
            house.sent(cache="exact", status="cached"),
            house.sent(status="error", actual_cost_nano=None),
            house.sent(service_tier="batch"),
            house.sent(units={"web_search": 2.0}),
            house.sent(unpriced=("web_search",)),
            house.sent(kind="optimize"),
        ]
    )
    await house.watch.look()
    [event] = house.published.of(house.org)
    [notice] = event.notices
    model = load().models["claude-sonnet-4-6"]
    each = model.cost_nano(TOKENS, NOW.date())
    assert each is not None
    assert (notice.kind, notice.model, notice.other) == ("cheaper_model", "claude-sonnet-4-6", "claude-sonnet-5-5")
    assert (notice.requests, notice.cost_nano) == (3, 3 * each)
    for days in (1, 8, 9):
        house.clock.advance(timedelta(days=days).total_seconds())
        await house.watch.look()
    assert len(house.published.of(house.org)) == 1


async def test_what_comes_later_waits_for_a_week(house: House) -> None:
    await house.log.record([house.sent()])
    await house.watch.look()
    await house.log.record([house.sent("claude-opus-4-8"), house.sent("claude-opus-4-8")])
    for _ in range(6):
        house.clock.advance(timedelta(days=1).total_seconds())
        await house.watch.look()
    assert len(house.published.of(house.org)) == 1
    house.clock.advance(timedelta(days=1).total_seconds())
    await house.watch.look()
    await house.watch.look()
    _, second = house.published.of(house.org)
    assert [one.model for one in second.notices] == ["claude-opus-4-8"]


async def test_what_could_not_be_published_is_published_later(house: House) -> None:
    await house.log.record([house.sent()])
    house.published.away = True
    await house.watch.look()
    house.published.away = False
    await house.watch.look()
    await house.watch.look()
    [event] = house.published.of(house.org)
    assert event.time_ms == ms(NOW) // 86_400_000 * 86_400_000


async def test_nobody_is_told_of_anothers_models_or_after_the_end(house: House, uow: UnitOfWork) -> None:
    await house.log.record([house.sent()])
    other = House(uow, house.clock)
    await other.log.record([other.sent("gpt-6-luna")])
    await house.log.erase([OrgDeleted(org_id=house.org, time_ms=ms(NOW))])
    await house.watch.look()
    assert (house.published.of(house.org), house.published.of(other.org)) == ([], [])
