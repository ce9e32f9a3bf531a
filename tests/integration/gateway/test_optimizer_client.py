"""A long conversation crosses the bus once; what is sent of it later, and to which copy of the service, changes no answer."""

import asyncio
import json
import random
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from libs.common.bus import MemoryBus
from libs.common.contracts.auth import OptimizationSettings
from libs.common.contracts.optimizer import OPTIMIZE, OptimizeReply, OptimizeRequest
from libs.common.errors import DeadlineExceeded
from services.gateway.clients.optimizer import BusOptimizer
from services.gateway.domain import chat
from services.gateway.domain.chat import Chat
from services.gateway.ports import DependencySkipped
from tests.fixtures.nats import until
from tests.fixtures.similarity import optimizer

Messages = list[dict[str, Any]]
MODEL = "gpt-4o"
_FILE = "def load(path):\n    return open(path).read()\n" * 30


def talk(turns: int) -> Messages:
    """Turns with a file each."""
    said: Messages = [{"role": "system", "content": "Please make sure that you answer in order to help.  Be brief."}]
    for turn in range(turns):
        function = {"name": "read_file", "arguments": json.dumps({"path": f"a{turn}.py"})}
        said += [
            {"role": "user", "content": f"What does a{turn}.py do?"},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": f"c{turn}", "type": "function", "function": function}],
            },
            {"role": "tool", "tool_call_id": f"c{turn}", "content": f"# {turn}\n{_FILE}"},
            {"role": "assistant", "content": f"It loads number {turn}."},
        ]
    return [*said, {"role": "user", "content": "Go on."}]


def read(messages: Messages) -> Chat:
    return chat.parse(json.dumps({"model": MODEL, "messages": messages}).encode())


def request(view: Chat, cut: int | None = None, org_id: str = "org") -> OptimizeRequest:
    return OptimizeRequest(
        model=MODEL,
        messages=view.raw["messages"],
        settings=OptimizationSettings(),
        keep_cut=cut,
        org_id=org_id,
        tools=True,
    )


class Copies:
    """Copies of the service, any of which is asked, and what they were asked."""

    def __init__(self, count: int) -> None:
        self.asked: list[OptimizeRequest] = []
        self.fresh = [optimizer() for _ in range(count)]
        self._dice = random.Random(5)

    async def __call__(self, asked: OptimizeRequest) -> OptimizeReply:
        self.asked.append(asked)
        return self._dice.choice(self.fresh).answer(asked)


async def client(copies: Callable[[OptimizeRequest], Any], **options: Any) -> BusOptimizer:
    bus = MemoryBus()
    await bus.serve(OPTIMIZE, copies)
    return BusOptimizer(bus, lambda: 0.0, 10_000.0, **{"from_bytes": 1_000, **options})


@pytest.mark.parametrize("count", [1, 2, 3])
async def test_every_turn_is_answered_as_if_all_of_it_had_been_sent(count: int) -> None:
    copies = Copies(count)
    ours, nobody = await client(copies), optimizer(0)
    cut: int | None = None
    for turns in range(1, 12):
        view = read(talk(turns))
        reply = await ours.optimize(request(view, cut), view)
        expected = nobody.answer(request(view, cut))
        assert json.loads(bytes(reply.messages)) == json.loads(bytes(expected.messages))
        assert msgspec.structs.replace(reply, messages=expected.messages) == expected
        cut = reply.cut
    ends = [asked for asked in copies.asked if asked.known]
    assert len(ends) >= 10
    assert max(len(asked.messages) for asked in ends[3:]) < len(view.raw["messages"]) / 2
    whole = [asked for asked in copies.asked if not asked.known]
    assert len(whole) <= 2 * count, "a copy that has read it needs only the end"


async def test_a_copy_that_has_forgotten_asks_for_all_of_it() -> None:
    copies = Copies(1)
    ours = await client(copies)
    first, second = read(talk(3)), read(talk(4))
    await ours.optimize(request(first), first)
    copies.fresh[0] = optimizer()
    reply = await ours.optimize(request(second), second)
    # The last message, which asks to go on, stands elsewhere a turn later.
    assert [asked.known for asked in copies.asked] == [0, len(first.written) - 1, 0]
    assert json.loads(bytes(reply.messages)) == json.loads(bytes(optimizer(0).answer(request(second)).messages))
    await ours.optimize(request(second), second)
    assert copies.asked[-1].known > 0


async def test_short_conversations_and_those_of_others_are_sent_whole() -> None:
    copies = Copies(1)
    ours, short = await client(copies), await client(copies, from_bytes=1 << 20)
    view = read(talk(3))
    await ours.optimize(request(view), view)
    await ours.optimize(request(view, org_id="other"), view)
    for _ in range(2):
        await short.optimize(request(view), view)
    assert [asked.known for asked in copies.asked] == [0, 0, 0, 0]


async def test_the_end_does_not_grow_with_what_turns_bring() -> None:
    copies = Copies(1)
    ours = await client(copies)
    for turns in range(1, 6):
        messages = talk(turns)
        for message in messages:
            if message["role"] == "tool":
                message["content"] *= 30
        view = read(messages)
        await ours.optimize(request(view), view)
    assert all(len(asked.messages) < 130_000 for asked in copies.asked if asked.known)


@pytest.mark.parametrize("said", [b"[99]", b"[1,{}]", b"[]", b"[-1]", b"[null]", b'["x"]', b"{}", b"[1e3]"])
async def test_what_names_no_message_is_not_sent(said: bytes) -> None:
    async def broken(_: OptimizeRequest) -> OptimizeReply:
        return OptimizeReply(messages=msgspec.Raw(said), original_tokens=9, optimized_tokens=3)

    view = read(talk(2))
    with pytest.raises(DependencySkipped):
        await (await client(broken)).optimize(request(view), view)


async def test_a_service_that_never_has_it_is_skipped() -> None:
    async def forgetful(_: OptimizeRequest) -> OptimizeReply:
        return OptimizeReply(messages=msgspec.Raw(b"null"), original_tokens=0, optimized_tokens=0, missing=True)

    view = read(talk(2))
    with pytest.raises(DependencySkipped):
        await (await client(forgetful)).optimize(request(view), view)


async def test_long_conversations_of_one_organization_leave_the_bus_to_others() -> None:
    gone_on = asyncio.Event()
    waiting: list[str] = []

    async def slow(asked: OptimizeRequest) -> OptimizeReply:
        waiting.append(asked.org_id)
        await gone_on.wait()
        return OptimizeReply(messages=msgspec.Raw(b"null"), original_tokens=1, optimized_tokens=1)

    ours = await client(slow)
    view = read([{"role": "user", "content": "a" * (3 << 20)}])
    calls = [asyncio.create_task(ours.optimize(request(view, org_id="greedy"), view)) for _ in range(6)]
    calls += [asyncio.create_task(ours.optimize(request(view, org_id="other"), view))]
    await until(lambda: len(waiting) == 3 and sum(call.done() for call in calls) == 4)
    assert waiting == ["greedy", "greedy", "other"]
    gone_on.set()
    made = await asyncio.gather(*calls, return_exceptions=True)
    assert [isinstance(one, DependencySkipped) for one in made] == [False, False, *[True] * 4, False]
    assert not (await ours.optimize(request(view, org_id="greedy"), view)).changed


async def test_who_says_late_that_it_has_nothing_is_not_asked_again() -> None:
    asked: list[int] = []
    now = 0.0

    async def late(request_: OptimizeRequest) -> OptimizeReply:
        nonlocal now
        asked.append(request_.known)
        now += 0.09
        return OptimizeReply(
            messages=msgspec.Raw(b"null"), original_tokens=1, optimized_tokens=1, missing=request_.known > 0
        )

    bus = MemoryBus()
    await bus.serve(OPTIMIZE, late)
    ours = BusOptimizer(bus, lambda: now, 100.0, from_bytes=1_000)
    view = read(talk(3))
    await ours.optimize(request(view), view)
    with pytest.raises(DependencySkipped):
        await ours.optimize(request(view), view)
    assert asked == [0, len(view.written)]


async def test_long_conversations_that_come_late_cost_short_ones_nothing() -> None:
    async def slow(request_: OptimizeRequest) -> OptimizeReply:
        if len(request_.messages) > 1 << 18:
            raise DeadlineExceeded("Late.")
        return OptimizeReply(messages=msgspec.Raw(b"null"), original_tokens=1, optimized_tokens=1)

    ours = await client(slow)
    long, short = read([{"role": "user", "content": "a" * (1 << 19)}]), read(talk(1))
    for _ in range(8):
        with pytest.raises(DependencySkipped):
            await ours.optimize(request(long), long)
    assert not (await ours.optimize(request(short), short)).changed
