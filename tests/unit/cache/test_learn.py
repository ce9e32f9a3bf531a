"""Learning off the path: bounded, and never in anybody's way."""

import asyncio
from datetime import UTC, datetime

import msgspec
import numpy as np
import pytest

from libs.common.clock import ManualClock
from libs.common.contracts.cache import StoreAnswer
from libs.common.embedding import OffLoop
from libs.common.embedding.fake import FakeEmbedder
from services.cache.entries import Entries
from services.cache.jobs.learn import UNLEARNT, Learner
from services.cache.jobs.watch import Watch
from services.cache.ports import StoreDownError
from services.cache.store.memory import MemoryPoints

STATIC = np.array([1.0, 0.0], np.float32)


class DownPoints(MemoryPoints):
    async def set_meaning(self, point_id: str, meaning: object) -> None:
        raise StoreDownError("gone")

    async def ping(self) -> None:
        raise StoreDownError("gone")


async def stored(entries: Entries) -> str:
    answer = StoreAnswer(
        org_id="org_a",
        scope="s",
        fingerprint="f",
        query="q",
        ttl_seconds=60,
        answer=msgspec.Raw(b"{}"),
        served_model="m",
        provider="openai",
        prompt_tokens=1,
        completion_tokens=1,
        request_id="req_1",
    )
    return await entries.store(answer, "q", STATIC)


def entries_over(points: MemoryPoints) -> Entries:
    return Entries(points, ManualClock(datetime(2026, 11, 21, tzinfo=UTC)))


async def test_what_is_offered_is_learnt() -> None:
    entries, fake = entries_over(MemoryPoints()), FakeEmbedder()
    thinker = OffLoop(fake, background=True)
    learner = Learner(entries, thinker, capacity=4)
    learner.offer(await stored(entries), "the form")
    job = asyncio.create_task(learner.run())
    await learner.settled()
    [found] = await entries.near("org_a", "s", STATIC, limit=1, floor=0.5)
    assert found.meaning == pytest.approx(fake.embed(["the form"])[0], abs=1e-6)
    job.cancel()
    thinker.close()


async def test_what_does_not_fit_is_let_go_and_counted() -> None:
    learner = Learner(entries_over(MemoryPoints()), OffLoop(FakeEmbedder()), capacity=1)
    before = UNLEARNT._value.get()
    learner.offer("one", "one")
    learner.offer("two", "two")
    assert UNLEARNT._value.get() == before + 1


async def test_a_store_that_is_away_does_not_stop_the_learning() -> None:
    thinker = OffLoop(FakeEmbedder())
    learner = Learner(entries_over(DownPoints()), thinker, capacity=4)
    job = asyncio.create_task(learner.run())
    learner.offer("one", "one")
    learner.offer("two", "two")
    await learner.settled()
    assert not job.done()
    job.cancel()
    thinker.close()


async def test_the_watch_names_the_store_only_while_it_is_away() -> None:
    watch = Watch(MemoryPoints())
    assert watch.missing() == ("qdrant",)
    await watch.look()
    assert watch.missing() == ()
    away = Watch(DownPoints())
    await away.look()
    assert away.missing() == ("qdrant",)
