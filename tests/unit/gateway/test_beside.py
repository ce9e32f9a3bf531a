"""What ends an answer early: a client that leaves, a process that ends; and nobody else's cancellation is swallowed."""

import asyncio
from typing import Any

import pytest

from services.gateway.http.streaming import Beside, Cut


class Client:
    """Stays until it leaves."""

    def __init__(self) -> None:
        self.left = asyncio.Event()

    async def receive(self) -> Any:
        await self.left.wait()
        return {"type": "http.disconnect"}


async def test_work_that_ends_first_is_left_alone() -> None:
    client = Client()
    beside = Beside(client.receive, Cut())
    with beside:
        await asyncio.sleep(0)
    client.left.set()
    for _ in range(5):
        await asyncio.sleep(0)
    assert beside.reason is None


@pytest.mark.parametrize("why", ["left", "cut"])
async def test_work_ends_when_nobody_waits_for_it(why: str) -> None:
    client, cut, ended = Client(), Cut(), []
    beside = Beside(client.receive, cut)

    async def serve() -> str:
        with beside:
            try:
                {"left": client.left.set, "cut": cut.set}[why]()
                await asyncio.Event().wait()
            finally:
                ended.append(True)
        return "goes on"

    assert await asyncio.create_task(serve()) == "goes on"
    assert (beside.reason, ended) == (why, [True])


@pytest.mark.parametrize("both", [False, True])
async def test_a_cancellation_from_outside_goes_through(both: bool) -> None:
    client, began = Client(), asyncio.Event()

    async def serve() -> None:
        with Beside(client.receive):
            began.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(serve())
    await began.wait()
    if both:
        client.left.set()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_an_error_of_the_work_is_its_own() -> None:
    client = Client()
    with pytest.raises(KeyError), Beside(client.receive):
        raise KeyError


async def test_a_deadline_inside_still_counts() -> None:
    client = Client()
    with Beside(client.receive), pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await asyncio.Event().wait()


async def test_a_stream_that_begins_after_the_end_ends_at_once() -> None:
    cut = Cut()
    cut.set()
    beside = Beside(Client().receive, cut)
    with beside:
        await asyncio.Event().wait()
    assert beside.reason == "cut"
