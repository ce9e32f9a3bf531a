"""What the log teaches about routing: every request once, when it has had time to be complained about. On both stores."""

import itertools
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from libs.common.bus.memory import MemoryBus
from libs.common.clock import ManualClock
from libs.common.contracts.events import CompletionFinished, FeedbackGiven, OrgDeleted
from libs.common.contracts.router import LEARNED, Learned
from libs.common.errors import NotConnected
from libs.common.ids import new_id
from services.analytics.clients.training_signals import BusTrainingSignals
from services.analytics.learning import Learning
from services.analytics.ports import UnitOfWork
from services.analytics.requests import Requests
from tests.unit.analytics.examples import NOW, ms, request

PATIENCE = timedelta(minutes=15)
MINUTE = timedelta(minutes=1)


class Taught:
    """Analytics as far as it learns, on one store."""

    def __init__(self, uow: UnitOfWork, clock: ManualClock) -> None:
        self.bus = MemoryBus()
        self.clock = clock
        self.learning = Learning(uow, clock, BusTrainingSignals(self.bus), PATIENCE)
        self.requests = Requests(uow, clock, timedelta(days=90), training_signals=BusTrainingSignals(self.bus))

    async def later(self, org_id: str) -> Learned | None:
        """What routers read of an organization once everything so far is old enough."""
        self.clock.advance(PATIENCE.total_seconds())
        await self.learning.learn()
        found = await self.bus.get(LEARNED, org_id)
        return msgspec.json.decode(found, type=Learned) if found else None


_HOURS = itertools.count(1)


@pytest.fixture
def taught(uow: UnitOfWork, clock: ManualClock) -> Taught:
    """What was read is remembered for the whole database, so each test has hours of its own."""
    clock.advance(next(_HOURS) * 3600.0)
    return Taught(uow, clock)


def routed(org_id: str, minutes: float = 0, **changes: Any) -> CompletionFinished:
    fields = {"routing_features": (0.5, 2.0), "asked_digest": new_id("req"), **changes}
    return request(org_id, NOW + minutes * MINUTE, **fields)


def complaints(sums: Learned | None) -> int:
    assert sums is not None
    return round(sums.answers[-1])


async def test_a_request_is_judged_once_and_not_too_soon(taught: Taught) -> None:
    org = new_id("org")
    entry = routed(org)
    await taught.requests.record([entry])
    await taught.learning.learn()
    assert await taught.bus.get(LEARNED, org) is None
    first = await taught.later(org)
    assert first is not None
    assert (first.features, first.requests, first.labels, first.answers) == (1, 1, 1, (0, 0))
    await taught.requests.record([entry])
    assert await taught.later(org) == first


async def test_fallbacks_bad_words_and_being_asked_again_are_complaints(taught: Taught) -> None:
    org = new_id("org")
    fine, fell_back, disliked, wrong_hit, again = (
        routed(org),
        routed(org, status="fallback", fallback_used=True),
        routed(org),
        routed(org),
        routed(org, asked_digest="same"),
    )
    repeated = routed(org, 5, asked_digest="same", routed_model="gpt-4o")
    others = [
        routed(org, 6, asked_digest="same", key_id="key_2", routed_model="gpt-4o"),
        routed(org, 20, asked_digest="same", routed_model="gpt-4o"),
    ]
    await taught.requests.record([fine, fell_back, disliked, wrong_hit, again, repeated, *others])
    said = FeedbackGiven(request_id=disliked.id, org_id=org, key_id="key_1", time_ms=ms(NOW), rating="bad")
    await taught.requests.record_feedback(
        [said, msgspec.structs.replace(said, request_id=wrong_hit.id, cache_wrong=True)]
    )
    sums = await taught.later(org)
    assert sums is not None
    assert (round(sums.requests), round(sums.labels), complaints(sums)) == (8, 5, 3)


async def test_a_question_that_everybody_asks_is_no_complaint(taught: Taught) -> None:
    org = new_id("org")
    await taught.requests.record([routed(org, minute / 2, asked_digest="popular") for minute in range(6)])
    sums = await taught.later(org)
    assert sums is not None
    assert (round(sums.labels), complaints(sums)) == (6, 2)  # the last ones cannot be told from a second try


@pytest.mark.parametrize(
    "changes",
    [
        {"routing_features": ()},
        {"status": "error"},
        {"status": "cancelled"},
        {"status": "cached", "cache": "exact"},
    ],
)
async def test_what_says_nothing_is_left_out(taught: Taught, changes: dict[str, Any]) -> None:
    org = new_id("org")
    await taught.requests.record([routed(org, **changes)])
    assert await taught.later(org) is None


async def test_each_organization_learns_for_itself(taught: Taught) -> None:
    one, other = new_id("org"), new_id("org")
    await taught.requests.record([routed(one), routed(one), routed(other, status="fallback", fallback_used=True)])
    assert complaints(await taught.later(one)) == 0
    found = await taught.bus.get(LEARNED, other)
    assert found is not None
    assert complaints(msgspec.json.decode(found, type=Learned)) == 1


async def test_what_could_not_be_told_is_told_later(taught: Taught) -> None:
    org = new_id("org")
    await taught.requests.record([routed(org)])
    taught.bus.connected = False
    with pytest.raises(NotConnected):
        await taught.later(org)
    taught.bus.connected = True
    sums = await taught.later(org)
    assert sums is not None
    assert sums.labels == 1


async def test_a_deleted_organization_is_forgotten(taught: Taught) -> None:
    org = new_id("org")
    await taught.requests.record([routed(org)])
    assert await taught.later(org) is not None
    await taught.requests.record([routed(org)])
    await taught.requests.erase([OrgDeleted(org_id=org, time_ms=ms(NOW))])
    assert await taught.later(org) is None
