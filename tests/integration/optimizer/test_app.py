"""The service as a caller on the bus sees it."""

import asyncio
import json

import msgspec
import pytest

from libs.common.bus.memory import MemoryBus
from libs.common.contracts.auth import Level, OptimizationSettings
from libs.common.contracts.optimizer import OPTIMIZE, OptimizeRequest
from libs.common.errors import BadRequest
from services.optimizer.app import create_app
from services.optimizer.handlers.optimize import Optimize
from services.optimizer.pipeline import Optimizer
from services.optimizer.settings import OptimizerSettings


def request(*messages: object, level: Level = "moderate") -> OptimizeRequest:
    return OptimizeRequest(
        model="gpt-4o", messages=msgspec.Raw(json.dumps(messages).encode()), settings=OptimizationSettings(level=level)
    )


async def test_serves_on_the_bus() -> None:
    bus = MemoryBus()
    async with create_app(OptimizerSettings(), bus) as app:
        assert app.missing() == ()
        reply = await bus.call(OPTIMIZE, request({"role": "user", "content": "Hello."}), budget_ms=5_000)
        assert (reply.changed, reply.levers) == (False, ())
        with pytest.raises(BadRequest, match="messages must be an array of objects"):
            await bus.call(OPTIMIZE, request("not a message"), budget_ms=5_000)
    await bus.drain()


async def test_shorter_messages_cross_the_bus() -> None:
    bus = MemoryBus()
    async with create_app(OptimizerSettings(), bus):
        reply = await bus.call(OPTIMIZE, request({"role": "user", "content": "Too    many   blanks"}), budget_ms=5_000)
        assert json.loads(bytes(reply.messages)) == [{"role": "user", "content": "Too many blanks"}]
    await bus.drain()


@pytest.mark.parametrize("thread_over_bytes", [0, 1_000_000], ids=["in a thread", "in the loop"])
async def test_a_thread_answers_as_the_loop_does(thread_over_bytes: int) -> None:
    handler = Optimize(Optimizer(memo_entries=8), thread_over_bytes)
    reply = await handler(request({"role": "user", "content": "Too    many      blanks   \n\n\n\n\nhere."}))
    assert reply.changed
    assert json.loads(bytes(reply.messages)) == [{"role": "user", "content": "Too many blanks\n\nhere."}]


async def test_the_loop_goes_on_while_a_thread_works() -> None:
    handler = Optimize(Optimizer(memo_entries=8), 0)
    long = [{"role": "user", "content": f"Turn {i}.   " + "many   words   in   a   row. " * 400} for i in range(40)]
    work = asyncio.create_task(handler(request(*long, level="conservative")))
    turns = 0
    while not work.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns > 10
    assert (await work).changed
