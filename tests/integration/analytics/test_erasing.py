"""What is said about the log: feedback, news of what was written; and what becomes of a deleted organization. On both stores."""

import asyncio
from datetime import timedelta

import msgspec
import pytest

from libs.common.clock import ManualClock
from libs.common.contracts.analytics import (
    Feedback,
    Period,
    RequestById,
    RequestQuery,
    SavingsQuery,
    Spent,
)
from libs.common.contracts.events import FeedbackGiven, OrgDeleted
from libs.common.db import connect, migrate
from libs.common.errors import BadRequest, NotFound
from libs.common.ids import new_id
from services.analytics.figures import Figures
from services.analytics.ports import UnitOfWork
from services.analytics.requests import Requests
from services.analytics.store.unit_of_work import unit_of_work
from tests.integration.analytics.conftest import MIGRATIONS, Silent
from tests.unit.analytics.examples import HOUR, NOW, entry_of, ms, request


@pytest.fixture
def publisher() -> Silent:
    return Silent()


@pytest.fixture
def requests(uow: UnitOfWork, clock: ManualClock, publisher: Silent) -> Requests:
    return Requests(uow, clock, timedelta(days=90), publisher)


async def test_an_entry_shows_what_was_said_of_it(requests: Requests) -> None:
    org, other = new_id("org"), new_id("org")
    entry = request(org)
    await requests.record([entry])
    said = FeedbackGiven(
        request_id=entry.id, org_id=org, key_id="key_1", time_ms=ms(NOW) + 7, rating="bad", comment="no"
    )
    await requests.record_feedback([said, msgspec.structs.replace(said, org_id=other, comment="theirs")])
    feedback = Feedback(rating="bad", cache_wrong=False, comment="no", time_ms=ms(NOW) + 7)
    assert await requests.one(RequestById(org_id=org, id=entry.id)) == entry_of(entry, feedback)


async def test_only_what_was_really_written_is_news(requests: Requests, publisher: Silent) -> None:
    one, other = request(new_id("org")), request(new_id("org"))
    await requests.record([one, one])
    await requests.record([one, other])
    await requests.record([one])
    assert publisher.published == [(one.org_id, one.id), (other.org_id, other.id)]


async def test_entries_are_found_by_their_ids(requests: Requests) -> None:
    org, other = new_id("org"), new_id("org")
    entries = [request(org, NOW - number * HOUR) for number in range(4)]
    theirs = request(other)
    await requests.record([*entries, theirs])
    wanted = tuple(entry.id for entry in entries[1:3])
    page = await requests.page(RequestQuery(org_id=org, ids=(*wanted, theirs.id, new_id("req"))))
    assert [entry.id for entry in page.requests] == list(wanted)
    assert (await requests.page(RequestQuery(org_id=org, ids=()))).requests == ()
    with pytest.raises(BadRequest, match="ids"):
        await requests.page(RequestQuery(org_id=org, ids=("x",)))


async def test_what_a_key_has_spent(requests: Requests) -> None:
    org, other = new_id("org"), new_id("org")
    await requests.record(
        [
            request(org, actual_cost_nano=3),
            request(org, NOW - HOUR, actual_cost_nano=40),
            request(org, NOW - 2 * HOUR, actual_cost_nano=500),
            request(org, actual_cost_nano=None),
            request(org, key_id="key_2", actual_cost_nano=6000),
            request(other, actual_cost_nano=70_000),
        ]
    )
    asked = RequestQuery(org_id=org, key_id="key_1", from_ms=ms(NOW - HOUR))
    assert await requests.spent(asked) == Spent(nano=43)
    assert await requests.spent(msgspec.structs.replace(asked, key_id="key_3")) == Spent(nano=0)


async def test_what_a_team_a_user_and_a_tag_have_spent(requests: Requests) -> None:
    org, other = new_id("org"), new_id("org")
    about = {"team_id": "team_1", "end_user": "ann", "tags": {"app": "search", "env": "prod"}}
    await requests.record(
        [
            request(org, actual_cost_nano=3, **about),
            request(org, NOW - HOUR, actual_cost_nano=40, end_user="ann", tags={"app": "other"}),
            request(org, actual_cost_nano=500, team_id="team_2", tags={"app": "search"}),
            request(org, NOW - 2 * HOUR, actual_cost_nano=6000, **about),
            request(other, actual_cost_nano=70_000, **about),
        ]
    )
    asked = RequestQuery(org_id=org, from_ms=ms(NOW - HOUR))
    for fields, nano in (
        ({"team_id": "team_1"}, 3),
        ({"end_user": "ann"}, 43),
        ({"tag": ("app", "search")}, 503),
        ({"tag": ("app", "nothing")}, 0),
        ({"end_user": "an'n"}, 0),
    ):
        assert await requests.spent(msgspec.structs.replace(asked, **fields)) == Spent(nano=nano)
    with pytest.raises(BadRequest):
        await requests.spent(RequestQuery(org_id=org))
    assert [entry.team_id for entry in (await requests.page(RequestQuery(org_id=org, team_id="team_2"))).requests] == [
        "team_2"
    ]


async def test_of_a_deleted_organization_nothing_is_left_nor_kept(requests: Requests, uow: UnitOfWork) -> None:
    gone, stays = new_id("org"), new_id("org")
    entries = [request(org, NOW - number * HOUR) for number in range(30) for org in (gone, stays)]
    await requests.record(entries)
    said = [
        FeedbackGiven(request_id=entry.id, org_id=entry.org_id, key_id="key_1", time_ms=0, rating="good")
        for entry in entries
    ]
    await requests.record_feedback(said)
    for _ in range(2):
        await requests.erase([OrgDeleted(org_id=gone, time_ms=ms(NOW))])
        await requests.record([*entries, request(gone)])  # still on its way when the organization went
        await requests.record_feedback(said)
    figures = Figures(uow)
    for org, count in ((gone, 0), (stays, 30)):
        period = Period(org_id=org, from_ms=0, to_ms=ms(NOW) + 1)
        overview = await figures.overview(period)
        assert overview.requests.total == count
        assert (overview.latency_ms.p50 is None) is (count == 0)
        assert len((await figures.models(period)).models) == min(count, 1)
        assert len((await figures.levers(period)).levers) == min(count, 1) * 2
        series = await figures.savings(SavingsQuery(org_id=org, from_ms=0, to_ms=ms(NOW) + 1, interval="hour"))
        assert len(series.points) == count
        assert len((await requests.page(RequestQuery(org_id=org))).requests) == count
    with pytest.raises(NotFound):
        await requests.one(RequestById(org_id=gone, id=entries[0].id))
    assert (await requests.one(RequestById(org_id=stays, id=entries[1].id))).feedback is not None


async def test_what_is_written_meanwhile_goes_too(database_url: str, clock: ManualClock) -> None:
    await migrate(database_url, "analytics", MIGRATIONS)
    async with connect(database_url) as database:
        uow, org = unit_of_work(database), new_id("org")
        requests = Requests(uow, clock, timedelta(days=90))
        deleted = OrgDeleted(org_id=org, time_ms=ms(NOW))
        writing = [requests.record([request(org) for _ in range(20)]) for _ in range(8)]
        await asyncio.gather(*writing[:4], requests.erase([deleted]), *writing[4:])
        assert (await requests.page(RequestQuery(org_id=org))).requests == ()
        assert (await Figures(uow).overview(Period(org_id=org, from_ms=0, to_ms=ms(NOW) + 1))).requests.total == 0
