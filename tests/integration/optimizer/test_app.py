"""The service as a caller on the bus sees it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from libs.common import context
from libs.common.beginnings import beginnings
from libs.common.bus.memory import MemoryBus
from libs.common.contracts.auth import Level, OptimizationSettings
from libs.common.contracts.optimizer import OPTIMIZE, OPTIMIZE_TEXT, OptimizeRequest, TextRequest
from libs.common.errors import BadRequest, Unavailable
from libs.common.settings import SettingsError
from libs.common.workers import Workers
from services.optimizer.app import create_app, load_similarity, program
from services.optimizer.handlers.optimize import Optimize
from services.optimizer.handlers.working import Working
from services.optimizer.pipeline import Optimizer
from services.optimizer.settings import OptimizerSettings
from tests.fixtures.nats import until


@pytest.fixture(scope="session")
def settings(model_dir: Path) -> OptimizerSettings:
    return OptimizerSettings(model_dir=str(model_dir))


@pytest.fixture(scope="session")
def optimizer(settings: OptimizerSettings) -> Optimizer:
    return Optimizer(load_similarity(settings.model_dir), cache_bytes=1_000_000)


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


LONG = [
    {"role": "user", "content": f"Turn {i}. \n \n \n" + "Many words in a row. \n \n \n \n" * 400} for i in range(40)
]


async def test_a_process_answers_as_the_loop_does(settings: OptimizerSettings, optimizer: Optimizer) -> None:
    asked = request({"role": "system", "content": "Too   many   words.   \n \n\t\n\n \nHere too."})
    async with started(settings) as workers:
        reply = await Optimize(optimizer, Working(workers, inline_bytes=0, most_bytes=1_000))(asked)
        assert reply == await Optimize(optimizer, Working(workers, inline_bytes=1_000, most_bytes=1_000))(asked)
        assert json.loads(bytes(reply.messages)) == [{"role": "system", "content": "Too many words.\n\nHere too."}]
        with pytest.raises(BadRequest, match="messages must be an array of objects"):
            await Optimize(optimizer, Working(workers, inline_bytes=0, most_bytes=1_000))(request("not a message"))


async def test_more_than_a_hop_may_hold_is_left_alone(optimizer: Optimizer, settings: OptimizerSettings) -> None:
    working = Working(Workers("optimizer", (), count=1, seconds=1), inline_bytes=0, most_bytes=10)
    with pytest.raises(Unavailable, match="more than 10 bytes are sent as they are"):
        await Optimize(optimizer, working)(request({"role": "user", "content": "Hello."}))


async def test_texts_that_wait_have_bounds_for_each_and_for_all(optimizer: Optimizer) -> None:
    """Of the largest texts eight wait at a time, half of them of one organization."""
    go_on, working = asyncio.Event(), list[str]()

    class Slow:
        async def ask(self, owner: str, work: bytes, wait_seconds: float) -> bytes:
            working.append(owner)
            await go_on.wait()
            raise Unavailable("No time.")

    long = request({"role": "user", "content": "a" * 1_000_000})
    handler = Optimize(optimizer, Working(Slow(), inline_bytes=0, most_bytes=len(bytes(long.messages))))
    asked = [msgspec.structs.replace(long, org_id=owner) for owner in (*["greedy"] * 7, "other", "third")]
    calls = [asyncio.create_task(handler(one)) for one in asked]
    await until(lambda: sum(call.done() for call in calls) == 3)
    assert working == [*["greedy"] * 4, "other", "third"]
    go_on.set()
    made = await asyncio.gather(*calls, return_exceptions=True)
    assert sum("Too many long texts" in str(one) for one in made) == 3


async def test_the_loop_goes_on_while_a_process_works(settings: OptimizerSettings, optimizer: Optimizer) -> None:
    async with started(settings) as workers:
        handler = Optimize(optimizer, Working(workers, inline_bytes=0, most_bytes=10_000_000))
        work = asyncio.create_task(handler(request(*LONG, level="conservative")))
        turns = 0
        while not work.done():
            await asyncio.sleep(0)
            turns += 1
        assert turns > 10
        assert (await work).changed


async def test_whoever_asks_is_told_in_time_and_the_work_goes_on(
    settings: OptimizerSettings, optimizer: Optimizer
) -> None:
    async with started(settings) as workers:
        handler = Optimize(optimizer, Working(workers, inline_bytes=0, most_bytes=10_000_000))
        with pytest.raises(Unavailable, match="had no time"), context.bound(request_id="r", budget_ms=10):
            await handler(request(*LONG))
        with context.bound(request_id="r", budget_ms=60_000):
            assert (await handler(request(*LONG))).changed


async def test_the_end_of_a_conversation_goes_to_the_process_that_has_read_the_rest(
    settings: OptimizerSettings, optimizer: Optimizer
) -> None:
    async with started(settings) as workers:
        handler = Optimize(optimizer, Working(workers, inline_bytes=8_000, most_bytes=10_000_000))
        whole = request(*LONG)
        expected = await handler(whole)
        raws = msgspec.json.decode(whole.messages, type=list[msgspec.Raw])
        end = msgspec.structs.replace(
            whole,
            messages=msgspec.Raw(b"[" + bytes(raws[-1]) + b"]"),
            known=len(raws) - 1,
            known_bytes=sum(map(len, raws[:-1])),
            beginning=beginnings(raws)[-2].hex(),
        )
        reply = await handler(end)
        sent = [LONG[one] if isinstance(one, int) else one for one in json.loads(bytes(reply.messages))]
        assert sent == json.loads(bytes(expected.messages))
        assert (await handler(msgspec.structs.replace(end, org_id="another"))).missing
        with pytest.raises(Unavailable, match="sent as they are"):
            await handler(msgspec.structs.replace(end, known_bytes=10_000_000))


@asynccontextmanager
async def started(settings: OptimizerSettings) -> AsyncIterator[Workers]:
    """Workers as the service starts them, with time enough for a busy machine."""
    patient = msgspec.structs.replace(settings, optimizer_worker_seconds=90.0)
    workers = Workers("optimizer", program(patient), count=1, seconds=90)
    await workers.start()
    try:
        with context.bound(request_id="r", budget_ms=60_000):
            yield workers
    finally:
        await workers.close()


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
