"""What every bus must do. The suite is written once; the memory bus and the real one both inherit it."""

import asyncio
import time

import msgspec
import pytest

from libs.common import context
from libs.common.bus.ports import Bus
from libs.common.contracts.base import Event, Rpc
from libs.common.contracts.gateway import RATE, RESPONSES, TURNS
from libs.common.errors import DeadlineExceeded, ErrorDetails, Internal, NoResponders, RateLimited, Unavailable
from tests.fixtures.nats import until


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    text: str
    delay: float = 0


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    text: str


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    number: int


ECHO: Rpc[Ask, Answer] = Rpc("promptly.v1.echo.say", Ask, Answer, 2000)
OTHER: Rpc[Ask, Answer] = Rpc("promptly.v1.other.say", Ask, Answer, 2000)
NOBODY: Rpc[Ask, Answer] = Rpc("promptly.v1.nobody.say", Ask, Answer, 2000)
HAPPENED: Event[Fact] = Event("promptly.v1.events.thing.happened", Fact, True)
LIVE: Event[Fact] = Event("promptly.v1.events.thing.seen", Fact, False)


class BusSuite:
    """Subclasses give `bus` (with HAPPENED durable for the consumer "reader") and `dead_letters`."""

    async def dead_letters(self, bus: Bus) -> int:
        raise NotImplementedError

    async def test_a_call_is_answered(self, bus: Bus) -> None:
        async def echo(ask: Ask) -> Answer:
            return Answer(text=ask.text.upper())

        await bus.serve(ECHO, echo)
        assert await bus.call(ECHO, Ask(text="hé")) == Answer(text="HÉ")

    async def test_twenty_slow_calls_run_side_by_side(self, bus: Bus) -> None:
        running = 0
        together = asyncio.Event()

        async def wait_for_all(ask: Ask) -> Answer:
            nonlocal running
            running += 1
            if running == 20:
                together.set()
            await together.wait()
            return Answer(text=ask.text)

        await bus.serve(ECHO, wait_for_all)
        answers = await asyncio.gather(*(bus.call(ECHO, Ask(text=str(i))) for i in range(20)))
        assert [answer.text for answer in answers] == [str(i) for i in range(20)]

    async def test_concurrency_is_bounded(self, bus: Bus) -> None:
        running = most = 0

        async def count(ask: Ask) -> Answer:
            nonlocal running, most
            running += 1
            most = max(most, running)
            await asyncio.sleep(0)
            running -= 1
            return Answer(text=ask.text)

        await bus.serve(ECHO, count, concurrency=3)
        await asyncio.gather(*(bus.call(ECHO, Ask(text="x")) for _ in range(30)))
        assert most <= 3

    async def test_our_errors_arrive_as_themselves(self, bus: Bus) -> None:
        async def refuse(ask: Ask) -> Answer:
            raise RateLimited("Slow down.", retry_after=3)

        await bus.serve(ECHO, refuse)
        with pytest.raises(RateLimited, match="Slow down") as caught:
            await bus.call(ECHO, Ask(text="x"))
        assert caught.value.details == ErrorDetails(retry_after=3)

    async def test_an_unexpected_error_tells_nothing_of_its_text(self, bus: Bus) -> None:
        async def crash(ask: Ask) -> Answer:
            raise ValueError(f"secret prompt: {ask.text}")

        await bus.serve(ECHO, crash)
        with context.bound(request_id="req_1"), pytest.raises(Internal) as caught:
            await bus.call(ECHO, Ask(text="the launch code"))
        assert "launch" not in str(caught.value)
        assert "req_1" in str(caught.value)

    async def test_a_message_that_does_not_fit_is_nobody_s_bad_request(self, bus: Bus) -> None:
        async def echo(ask: Ask) -> Answer:
            return Answer(text=ask.text)

        await bus.serve(ECHO, echo)
        wrong: Rpc[Fact, Answer] = Rpc(ECHO.subject, Fact, Answer, 2000)
        with pytest.raises(Internal):
            await bus.call(wrong, Fact(number=1))

    async def test_nobody_there_is_known_at_once(self, bus: Bus) -> None:
        start = time.monotonic()
        with pytest.raises(NoResponders):
            await bus.call(NOBODY, Ask(text="x"))
        assert time.monotonic() - start < NOBODY.budget_ms / 1000

    async def test_the_budget_ends_the_wait(self, bus: Bus) -> None:
        async def hang(ask: Ask) -> Answer:
            await asyncio.Event().wait()
            return Answer(text="")

        await bus.serve(ECHO, hang)
        with pytest.raises(DeadlineExceeded):
            await bus.call(ECHO, Ask(text="x"), budget_ms=30)

    async def test_the_current_deadline_is_the_callee_s_too(self, bus: Bus) -> None:
        seen: list[float | None] = []

        async def look(ask: Ask) -> Answer:
            seen.append(context.remaining_ms())
            return Answer(text=context.request_id() or "")

        await bus.serve(ECHO, look)
        with context.bound(request_id="req_7", budget_ms=500):
            assert (await bus.call(ECHO, Ask(text="x"))).text == "req_7"
        assert seen[0] is not None
        assert 0 < seen[0] <= 501

    async def test_a_live_event_reaches_every_listener(self, bus: Bus) -> None:
        heard: list[int] = []

        async def listen(fact: Fact) -> None:
            heard.append(fact.number)

        await bus.listen(LIVE, listen)
        await bus.listen(LIVE, listen)
        await bus.emit(LIVE, Fact(number=4))
        await until(lambda: heard == [4, 4])

    async def test_durable_events_come_once_per_id(self, bus: Bus) -> None:
        got: list[int] = []

        async def take(batch: list[Fact]) -> None:
            got.extend(fact.number for fact in batch)

        await bus.consume(HAPPENED, "reader", take)  # type: ignore[arg-type]
        for number in range(50):
            for _ in range(3):
                await bus.emit(HAPPENED, Fact(number=number), event_id=f"id-{number}")
        await until(lambda: len(got) >= 50)
        assert sorted(got) == list(range(50))

    async def test_a_batch_is_tried_again_while_the_store_is_away(self, bus: Bus) -> None:
        away = True
        got: list[int] = []
        tried = asyncio.Event()

        async def take(batch: list[Fact]) -> None:
            tried.set()
            if away:
                raise Unavailable("The database is away.")
            got.extend(fact.number for fact in batch)

        await bus.consume(HAPPENED, "reader", take)  # type: ignore[arg-type]
        for number in range(5):
            await bus.emit(HAPPENED, Fact(number=number), event_id=f"id-{number}")
        await tried.wait()
        away = False
        await until(lambda: sorted(got) == list(range(5)))

    async def test_one_bad_event_does_not_hold_up_the_others(self, bus: Bus) -> None:
        got: list[int] = []

        async def take(batch: list[Fact]) -> None:
            if any(fact.number == 13 for fact in batch):
                raise ValueError("unlucky")
            got.extend(fact.number for fact in batch)

        await bus.consume(HAPPENED, "reader", take)  # type: ignore[arg-type]
        for number in range(30):
            await bus.emit(HAPPENED, Fact(number=number), event_id=f"id-{number}")
        await until(lambda: len(got) == 29)
        assert sorted(got) == [n for n in range(30) if n != 13]

    async def test_an_unreadable_event_is_set_aside(self, bus: Bus) -> None:
        got: list[int] = []

        async def take(batch: list[Fact]) -> None:
            got.extend(fact.number for fact in batch)

        await bus.consume(HAPPENED, "reader", take)  # type: ignore[arg-type]
        poison: Event[Ask] = Event(HAPPENED.subject, Ask, True)
        await bus.emit(poison, Ask(text="not a fact"), event_id="poison")
        await bus.emit(HAPPENED, Fact(number=1), event_id="good")
        await until(lambda: got == [1])
        async with asyncio.timeout(5):
            while await self.dead_letters(bus) != 1 or await bus.pending(HAPPENED, "reader") != 0:
                await asyncio.sleep(0.01)

    async def test_what_is_put_comes_back_and_the_newest_wins(self, bus: Bus) -> None:
        assert await bus.get(TURNS, "org_1.a") is None
        await bus.put(TURNS, "org_1.a", b"first")
        await bus.put(TURNS, "org_1.a", b"second")
        await bus.put(TURNS, "org_1.b", b"other")
        assert (await bus.get(TURNS, "org_1.a"), await bus.get(TURNS, "org_1.b")) == (b"second", b"other")

    async def test_what_is_deleted_is_gone_and_nothing_beside_it(self, bus: Bus) -> None:
        for key in ("org_1.0.a", "org_1.0.b", "org_1.1.a", "org_10.0.a"):
            await bus.put(RESPONSES, key, key.encode())
        await bus.delete(RESPONSES, "org_1.0.a")
        assert [await bus.get(RESPONSES, key) for key in ("org_1.0.a", "org_1.0.b")] == [None, b"org_1.0.b"]
        await bus.delete(RESPONSES, "org_1.0.>")
        assert [await bus.get(RESPONSES, key) for key in ("org_1.0.b", "org_1.1.a")] == [None, b"org_1.1.a"]
        await bus.delete(RESPONSES, "org_1.>")
        assert [await bus.get(RESPONSES, key) for key in ("org_1.1.a", "org_10.0.a")] == [None, b"org_10.0.a"]
        await bus.delete(RESPONSES, "org_2.>")

    async def test_a_value_is_replaced_only_by_who_knows_the_last_one(self, bus: Bus) -> None:
        assert await bus.revised(RESPONSES, "org_5.a") == (None, 0)
        first = await bus.replace(RESPONSES, "org_5.a", b"first", 0)
        assert first is not None
        assert await bus.replace(RESPONSES, "org_5.a", b"late", 0) is None
        assert await bus.revised(RESPONSES, "org_5.a") == (b"first", first)
        second = await bus.replace(RESPONSES, "org_5.a", b"second", first, max_age=60)
        assert await bus.replace(RESPONSES, "org_5.a", b"late", first) is None
        assert await bus.revised(RESPONSES, "org_5.a") == (b"second", second)
        await bus.delete(RESPONSES, "org_5.a")
        assert await bus.revised(RESPONSES, "org_5.a") == (None, 0)
        assert await bus.replace(RESPONSES, "org_5.a", b"anew", 0) is not None

    async def test_keys_are_found_by_a_pattern(self, bus: Bus) -> None:
        for key in ("org_6.wait.g.1", "org_6.wait.g.2", "org_7.wait.h.3", "org_7.lease.h"):
            await bus.put(RESPONSES, key, b"x")
        assert await bus.keys(RESPONSES, "*.wait.>") == ["org_6.wait.g.1", "org_6.wait.g.2", "org_7.wait.h.3"]
        assert await bus.keys(RESPONSES, "org_7.*.h") == ["org_7.lease.h"]
        assert await bus.keys(RESPONSES, "org_8.>") == []

    async def test_a_value_may_be_kept_for_less_than_the_bucket_s_time(self, bus: Bus) -> None:
        await bus.put(RESPONSES, "org_3.a", b"short", max_age=1)
        await bus.put(RESPONSES, "org_3.b", b"long")
        assert await bus.get(RESPONSES, "org_3.a") == b"short"
        async with asyncio.timeout(5):
            while await bus.get(RESPONSES, "org_3.a") is not None:
                await asyncio.sleep(0.05)
        assert await bus.get(RESPONSES, "org_3.b") == b"long"

    async def test_a_sum_is_exact_however_many_add_at_once(self, bus: Bus) -> None:
        sums = await asyncio.gather(*(bus.add(RATE, "key_1.7", 3) for _ in range(100)))
        assert sorted(sums) == [3 * count for count in range(1, 101)]
        assert await bus.add(RATE, "key_1.7", -300) == 0
        assert await bus.add(RATE, "key_1.8", 0) == 0

    async def test_a_sum_is_looked_at_without_being_made(self, bus: Bus) -> None:
        assert await bus.total(RATE, "key_2.7") is None
        assert await bus.total(RATE, "key_2.7") is None
        await bus.add(RATE, "key_2.7", -12)
        assert await bus.total(RATE, "key_2.7") == -12
