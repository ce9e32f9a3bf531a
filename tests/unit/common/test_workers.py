"""Processes that can be ended: what hangs in one keeps nobody waiting for long, and is replaced."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from libs.common.errors import Unavailable
from libs.common.workers import Workers

_PROGRAM = """
import os

from libs.common import workers

def answer(work):
    while work == b"hang":
        pass
    if work == b"who":
        return str(os.getpid()).encode()
    if work == b"die":
        raise SystemExit(3)
    return work.upper()

workers.serve(answer)
"""


@asynccontextmanager
async def started(count: int, seconds: float) -> AsyncIterator[Workers]:
    workers = Workers("test", (sys.executable, "-c", _PROGRAM), count=count, seconds=seconds)
    await workers.start()
    try:
        yield workers
    finally:
        await workers.close()


async def test_work_goes_out_and_comes_back() -> None:
    async with started(2, 60) as workers:
        assert await asyncio.gather(*(workers.ask("a", b"x%d" % n, 60) for n in range(20))) == [
            b"X%d" % n for n in range(20)
        ]
        assert len(await workers.ask("a", b"y" * 3_000_000, 60)) == 3_000_000


async def test_what_takes_too_long_is_ended_and_the_next_is_answered() -> None:
    async with started(1, 1.0) as workers:
        await workers.ask("a", b"warm", 60)
        with pytest.raises(Unavailable, match="gave a text up after 1 s"):
            await workers.ask("a", b"hang", 60)
        assert await workers.ask("b", b"x", 60) == b"X"


async def test_one_owner_leaves_a_process_to_the_others() -> None:
    async with started(2, 30.0) as workers:
        await asyncio.gather(workers.ask("b", b"warm", 60), workers.ask("c", b"warm", 60))
        for _ in range(4):
            with pytest.raises(Unavailable):
                await workers.ask("a", b"hang", 0.05)
        assert await workers.ask("b", b"x", 60) == b"X"


async def test_an_owner_comes_back_to_the_process_that_knows_its_texts() -> None:
    async with started(2, 60) as workers:
        of_a, of_b = await asyncio.gather(workers.ask("a", b"who", 60), workers.ask("b", b"who", 60))
        assert of_a != of_b
        for _ in range(4):
            assert await workers.ask("b", b"who", 60) == of_b
            assert await workers.ask("a", b"who", 60) == of_a


async def test_a_process_that_died_is_replaced() -> None:
    async with started(1, 60) as workers:
        with pytest.raises(Unavailable, match="lost the process"):
            await workers.ask("a", b"die", 60)
        assert await workers.ask("a", b"x", 60) == b"X"
