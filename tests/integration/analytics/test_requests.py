"""The request log, on both stores."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from libs.common.clock import ManualClock
from libs.common.contracts.analytics import RequestById, RequestQuery
from libs.common.contracts.events import CompletionFinished
from libs.common.errors import BadRequest, NotFound
from libs.common.ids import new_id
from services.analytics.ports import UnitOfWork
from services.analytics.requests import Requests
from tests.unit.analytics.examples import HOUR, NOW, entry_of, ms, request
from tests.unit.analytics.test_request_row import FULL


@pytest.fixture
def requests(uow: UnitOfWork, clock: ManualClock) -> Requests:
    return Requests(uow, clock, timedelta(days=90))


async def test_an_entry_comes_back_as_it_was(requests: Requests) -> None:
    org = new_id("org")
    entry = msgspec.structs.replace(FULL, org_id=org, id=new_id("req", ms(NOW)))
    await requests.record([entry])
    assert await requests.one(RequestById(org_id=org, id=entry.id)) == entry_of(entry)


async def test_text_that_cannot_be_kept_is_kept_without_its_zeros(requests: Requests) -> None:
    org = new_id("org")
    entry = request(org, end_user="a\x00b", tags={"k\x00": "\x00v", "emoji": "🐜"}, degraded=("\x00",))
    await requests.record([entry])
    kept = await requests.one(RequestById(org_id=org, id=entry.id))
    assert (kept.end_user, kept.tags, kept.degraded) == ("ab", {"k": "v", "emoji": "🐜"}, ("",))


async def test_the_first_telling_counts(requests: Requests) -> None:
    org = new_id("org")
    entry = request(org)
    await requests.record([entry, entry])
    await requests.record([msgspec.structs.replace(entry, status="error"), request(org, status="error")])
    assert (await requests.one(RequestById(org_id=org, id=entry.id))).status == "success"
    assert len((await requests.page(RequestQuery(org_id=org))).requests) == 2


async def test_pages_hold_every_entry_once_newest_first(requests: Requests) -> None:
    org = new_id("org")
    # Every other one in the same millisecond as its neighbour, and over the edge of a week.
    entries = [request(org, NOW - timedelta(hours=13 * (number // 2))) for number in range(25)]
    await requests.record(entries)
    found: list[CompletionFinished] = []
    cursor, pages = None, 0
    while pages == 0 or cursor is not None:
        page = await requests.page(RequestQuery(org_id=org, limit=5, cursor=cursor))
        found, cursor, pages = [*found, *page.requests], page.next_cursor, pages + 1
    assert [entry.id for entry in found] == sorted((entry.id for entry in entries), reverse=True)
    assert pages == 6  # nobody knows that the fifth full page is the last until the sixth is empty


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ({}, "abcde"),
        ({"model": "gpt-4o"}, "abcd"),
        ({"model": "claude"}, "e"),
        ({"model": "gpt-4o-mini-2024-07-18"}, "abde"),
        ({"status": "error"}, "b"),
        ({"cache_hit": True}, "cd"),
        ({"cache_hit": False}, "abe"),
        ({"key_id": "key_2"}, "d"),
        ({"kind": "optimize"}, "e"),
        ({"from_ms": ms(NOW)}, "abcd"),
        ({"to_ms": ms(NOW)}, "e"),
        ({"from_ms": ms(NOW), "to_ms": ms(NOW)}, ""),
        ({"semantic": True}, "d"),
        ({"cache_entry_id": "entry-1"}, "d"),
        ({"cache_entry_id": "entry-2"}, ""),
        ({"model": "gpt-4o", "cache_hit": True, "key_id": "key_1", "status": "cached", "from_ms": 0}, "c"),
    ],
)
async def test_filters(requests: Requests, asked: dict[str, Any], wanted: str) -> None:
    org = new_id("org")
    entries = {
        "a": request(org),
        "b": request(org, status="error"),
        "c": request(org, status="cached", cache="exact", served_model=None),
        "d": request(org, status="cached", cache="semantic", key_id="key_2", cache_entry_id="entry-1"),
        "e": request(org, NOW - timedelta(days=1), baseline_model="claude", kind="optimize", cache="off"),
    }
    await requests.record(list(entries.values()))
    names = {entry.id: name for name, entry in entries.items()}
    page = await requests.page(RequestQuery(org_id=org, **asked))
    assert sorted(names[entry.id] for entry in page.requests) == list(wanted)


@pytest.mark.parametrize("asked", [{"limit": 0}, {"limit": 201}, {"cursor": "x"}, {"from_ms": 2, "to_ms": 1}])
async def test_what_cannot_be_looked_up(requests: Requests, asked: dict[str, Any]) -> None:
    with pytest.raises(BadRequest):
        await requests.page(RequestQuery(org_id="org_a", **asked))


async def test_no_organization_sees_anothers(requests: Requests) -> None:
    mine, theirs = new_id("org"), new_id("org")
    entry = request(theirs)
    await requests.record([entry])
    for wanted in (entry.id, new_id("req"), "not-an-id", "req_" + "f" * 32):
        with pytest.raises((NotFound, BadRequest)):
            await requests.one(RequestById(org_id=mine, id=wanted))
    assert (await requests.page(RequestQuery(org_id=mine))).requests == ()
    copied = msgspec.structs.replace(entry, org_id=mine, status="error")
    await requests.record([copied])  # even an id that both use
    assert (await requests.one(RequestById(org_id=mine, id=entry.id))).status == "error"
    assert (await requests.one(RequestById(org_id=theirs, id=entry.id))).status == "success"


async def test_retention(requests: Requests, clock: ManualClock) -> None:
    org = new_id("org")
    await requests.maintain_partitions()
    old, odd, young = request(org), request(org, NOW - timedelta(days=3000)), request(org, NOW + timedelta(days=14))
    await requests.record([old, odd])
    await requests.maintain_partitions()
    assert len((await requests.page(RequestQuery(org_id=org))).requests) == 1  # the odd one is past it already
    clock.advance(14 * 86_400)
    await requests.record([young])
    clock.advance(84 * 86_400)
    await requests.maintain_partitions()
    assert (await requests.page(RequestQuery(org_id=org))).requests == (young,)


async def test_the_log_is_filtered_by_session_and_client(requests: Requests, clock: ManualClock) -> None:
    org = new_id("org")
    mine = request(org, NOW, session="s1", client="codex", kind="responses")
    others = [
        request(org, NOW - HOUR, session="s2", client="codex", kind="responses"),
        request(org, NOW - 2 * HOUR, kind="messages", client="claude-code"),
        request(new_id("org"), NOW, session="s1", client="codex"),
    ]
    await requests.record([mine, *others])
    by_session = await requests.page(RequestQuery(org_id=org, session="s1"))
    assert [entry.id for entry in by_session.requests] == [mine.id]
    by_client = await requests.page(RequestQuery(org_id=org, client="codex"))
    assert [entry.id for entry in by_client.requests] == [mine.id, others[0].id]
    by_kind = await requests.page(RequestQuery(org_id=org, kind="messages"))
    assert [entry.id for entry in by_kind.requests] == [others[1].id]


async def test_end_users_and_tags_are_found(uow: UnitOfWork) -> None:
    org = new_id("org")
    requests = Requests(uow, ManualClock(NOW), timedelta(days=90))
    ann = request(org, end_user="ann", tags={"team": "a=b", "feature": "x"})
    bob = request(org, NOW - HOUR, end_user="bob", tags={"team": "c"})
    await requests.record([ann, bob, request(org, NOW - 2 * HOUR)])
    for query, found in (
        (RequestQuery(org_id=org, end_user="ann"), [ann.id]),
        (RequestQuery(org_id=org, end_user="an"), []),
        (RequestQuery(org_id=org, tag=("team", "a=b")), [ann.id]),
        (RequestQuery(org_id=org, tag=("team", "c"), end_user="bob"), [bob.id]),
        (RequestQuery(org_id=org, tag=("feature", "c")), []),
        (RequestQuery(org_id=new_id("org"), tag=("team", "c")), []),
    ):
        assert [one.id for one in (await requests.page(query)).requests] == found


async def test_errors_and_slow_requests_are_found(uow: UnitOfWork) -> None:
    org = new_id("org")
    requests = Requests(uow, ManualClock(NOW), timedelta(days=90))
    late = request(org, status="error", error_code="deadline_exceeded", latency_ms=9000.0)
    left = request(org, NOW - HOUR, status="cancelled", error_code="deadline_exceeded", latency_ms=8999.5)
    full = request(org, NOW - 2 * HOUR, status="error", error_code="rate_limit_exceeded", latency_ms=3.0)
    await requests.record([late, left, full])
    for query, found in (
        (RequestQuery(org_id=org, error_code="deadline_exceeded"), [late.id]),
        (RequestQuery(org_id=org, error_code="deadline"), []),
        (RequestQuery(org_id=org, error_code="rate_limit_exceeded", status="success"), []),
        (RequestQuery(org_id=org, min_latency_ms=9000.0), [late.id]),
        (RequestQuery(org_id=org, min_latency_ms=8999.5), [late.id, left.id]),
        (RequestQuery(org_id=org, min_latency_ms=0.0, error_code="rate_limit_exceeded"), [full.id]),
        (RequestQuery(org_id=new_id("org"), error_code="deadline_exceeded"), []),
    ):
        assert [one.id for one in (await requests.page(query)).requests] == found
