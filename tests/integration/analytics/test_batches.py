"""Batches that nobody polls are looked at, until they are over."""

from datetime import timedelta

import pytest

from libs.common.clock import ManualClock
from libs.common.contracts.events import CompletionFinished
from libs.common.errors import Unavailable
from libs.common.ids import new_id
from services.analytics.batches import Batches
from services.analytics.ports import UnitOfWork
from services.analytics.requests import Requests
from tests.unit.analytics.examples import NOW, request


class Checker:
    """Implements `ports.BatchChecker`."""

    def __init__(self) -> None:
        self.over = False
        self.away = False
        self.asked: list[str] = []

    async def check(self, org_id: str, batch_id: str) -> bool:
        self.asked.append(batch_id)
        if self.away:
            raise Unavailable("away")
        return self.over


def made(org_id: str, hours: float, batch_id: str | None, **changes: object) -> CompletionFinished:
    fields = {"kind": "passthrough", "target_surface": "/v1/batches", "upstream_request_id": batch_id, **changes}
    return request(org_id, NOW - timedelta(hours=hours), **fields)


@pytest.mark.parametrize("away", [False, True])
async def test_batches_are_looked_at_until_they_are_over(uow: UnitOfWork, clock: ManualClock, away: bool) -> None:
    org_id, checker = new_id("org"), Checker()
    mine = [f"batch_{org_id}_{at}" for at in range(5)]
    events = [
        *(made(org_id, 2, mine[0]), made(org_id, 30, mine[1]), made(org_id, 0.5, mine[2]), made(org_id, 80, mine[3])),
        made(org_id, 3, mine[4], target_surface="/v1/files"),
        made(org_id, 3, None),
        made(org_id, 3, "req_of_the_provider"),
    ]
    await Requests(uow, clock, timedelta(days=90)).record(events)
    batches = Batches(uow, clock, checker)
    checker.away = away
    for _ in range(2):
        await batches.sweep()
        asked = [one for one in checker.asked if one in mine]
        assert sorted(asked) == [mine[0], mine[1]]
        checker.asked.clear()
    checker.away, checker.over = False, True
    await batches.sweep()
    checker.asked.clear()
    await batches.sweep()
    assert not set(checker.asked) & set(mine)
