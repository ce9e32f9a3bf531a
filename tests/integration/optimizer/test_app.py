"""The service as a caller on the bus sees it."""

import asyncio
import json
from pathlib import Path

import msgspec
import pytest

from libs.common.bus.memory import MemoryBus
from libs.common.contracts.auth import Level, OptimizationSettings
from libs.common.contracts.optimizer import OPTIMIZE, OPTIMIZE_TEXT, OptimizeRequest, TextRequest
from libs.common.errors import BadRequest
from libs.common.settings import SettingsError
from services.optimizer.app import create_app, load_likeness
from services.optimizer.handlers.optimize import Optimize
from services.optimizer.pipeline import Optimizer
from services.optimizer.settings import OptimizerSettings


@pytest.fixture(scope="session")
def settings(model_dir: Path) -> OptimizerSettings:
    return OptimizerSettings(model_dir=str(model_dir))


@pytest.fixture(scope="session")
def optimizer(settings: OptimizerSettings) -> Optimizer:
    return Optimizer(load_likeness(settings.model_dir), memo_entries=8)


def request(*messages: object, level: Level = "moderate") -> OptimizeRequest:
    return OptimizeRequest(
        model="gpt-4o", messages=msgspec.Raw(json.dumps(messages).encode()), settings=OptimizationSettings(level=level)
    )


async def test_serves_on_the_bus(settings: OptimizerSettings) -> None:
    bus = MemoryBus()
    async with create_app(settings, bus) as app:
        assert app.missing() == ()
        reply = await bus.call(OPTIMIZE, request({"role": "user", "content": "Hello."}), budget_ms=5_000)
        assert (reply.changed, reply.levers) == (False, ())
        with pytest.raises(BadRequest, match="messages must be an array of objects"):
            await bus.call(OPTIMIZE, request("not a message"), budget_ms=5_000)
    await bus.drain()


async def test_shorter_messages_cross_the_bus(settings: OptimizerSettings) -> None:
    bus = MemoryBus()
    async with create_app(settings, bus):
        reply = await bus.call(OPTIMIZE, request({"role": "system", "content": "Too   many   words."}), budget_ms=5_000)
        assert json.loads(bytes(reply.messages)) == [{"role": "system", "content": "Too many words."}]
    await bus.drain()


@pytest.mark.parametrize("thread_over_bytes", [0, 1_000_000], ids=["in a thread", "in the loop"])
async def test_a_thread_answers_as_the_loop_does(optimizer: Optimizer, thread_over_bytes: int) -> None:
    handler = Optimize(optimizer, thread_over_bytes)
    reply = await handler(request({"role": "system", "content": "Too   many   words.   \n \n\t\n\n \nHere too."}))
    assert reply.changed
    assert json.loads(bytes(reply.messages)) == [{"role": "system", "content": "Too many words.\n\nHere too."}]


async def test_the_loop_goes_on_while_a_thread_works(optimizer: Optimizer) -> None:
    handler = Optimize(optimizer, 0)
    long = [
        {"role": "user", "content": f"Turn {i}. \n \n \n" + "Many words in a row. \n \n \n \n" * 400} for i in range(40)
    ]
    work = asyncio.create_task(handler(request(*long, level="conservative")))
    turns = 0
    while not work.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns > 10
    assert (await work).changed


async def test_one_text_crosses_the_bus(settings: OptimizerSettings) -> None:
    bus = MemoryBus()
    text = "I want you to act as a guide.  Please suggest the museums that a family would like in city."
    async with create_app(settings, bus):
        reply = await bus.call(OPTIMIZE_TEXT, TextRequest(text=text, similarity_threshold=0.7), budget_ms=5_000)
        assert reply.text == "Act as a guide. Suggest the museums that a family would like in city."
        assert 0.7 <= reply.similarity < 1
        assert reply.compressed_tokens < reply.original_tokens
        assert reply.method == "rules+static-minilm-256"
        kept = await bus.call(OPTIMIZE_TEXT, TextRequest(text=text, similarity_threshold=1.0), budget_ms=5_000)
        assert (kept.text, kept.similarity) == (text.replace("guide.  ", "guide. "), 1.0)
    await bus.drain()


async def test_without_a_model_directory_it_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"python -m libs\.common\.embedding"):
        async with create_app(OptimizerSettings(model_dir=str(tmp_path)), MemoryBus()):
            pass
