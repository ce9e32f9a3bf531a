"""The attacks: each a few lines that somebody hostile could write."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from tests.attacks.provider import BODIES, HostileProvider
from tests.fixtures.running import Account, Running


@dataclass
class Arena:
    """What an attacker has: a running Promptly, an organization of its own, and a provider that does as it is told."""

    running: Running
    attacker: Account
    provider: HostileProvider

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.attacker.api_key}", "content-type": "application/json"}

    async def ask(self, session: aiohttp.ClientSession, model: str, **fields: Any) -> int:
        """One request of the attacker's; the status, 0 where none came."""
        body = {"model": model, "messages": [{"role": "user", "content": "Anything."}], **fields}
        try:
            async with session.post(
                f"{self.running.url}/v1/chat/completions", data=json.dumps(body).encode(), headers=self.headers
            ) as answer:
                await answer.read()
                return answer.status
        except (aiohttp.ClientError, TimeoutError):
            return 0


@dataclass
class Attack:
    """What is done, by whom, and how grave it was (C critical, H high, M medium, L low)."""

    grade: str
    name: str
    run: Callable[[Arena], Awaitable[None]]
    short: bool = True


def _session(total: float = 60) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0),
        timeout=aiohttp.ClientTimeout(total=total),
        trust_env=False,
        read_bufsize=1 << 20,
        max_line_size=1 << 20,
        max_field_size=1 << 20,
    )


async def _nothing(_: Arena) -> None:
    return None


def _answers(model: str, count: int, stream: bool = False) -> Callable[[Arena], Awaitable[None]]:
    async def run(arena: Arena) -> None:
        async with _session() as session:
            for _ in range(count):
                await arena.ask(session, model, stream=stream)

    assert model in BODIES
    return run


async def _silent(arena: Arena) -> None:
    async with _session() as session:
        await asyncio.gather(*(arena.ask(session, "silent", user=str(n)) for n in range(1000)))


async def _live_views(arena: Arena) -> None:
    async def view(session: aiohttp.ClientSession, account: Account) -> None:
        with suppress(aiohttp.ClientError, TimeoutError):
            async with session.get(f"{arena.running.url}/api/requests/stream", headers=account.headers) as answer:
                async for _ in answer.content:
                    pass

    other = await asyncio.to_thread(arena.running.account)
    async with _session(total=3600) as session:
        await asyncio.gather(*(view(session, account) for account in (arena.attacker, other) for _ in range(60)))


async def _feedback(arena: Arena) -> None:
    async def tell(session: aiohttp.ClientSession) -> None:
        for number in range(100):
            body = json.dumps({"request_id": f"req_{number:032x}", "rating": 1, "comment": "\x00" * 200})
            with suppress(aiohttp.ClientError, TimeoutError):
                async with session.post(f"{arena.running.url}/v1/feedback", data=body, headers=arena.headers) as answer:
                    await answer.read()

    async with _session() as session:
        await asyncio.gather(*(tell(session) for _ in range(4)))


async def _blanks(arena: Arena) -> None:
    """Texts on which a careless pattern takes the square of their length."""
    texts = [" " * 950_000, "a " * 450_000, "\n \t" * 300_000, "(" * 900_000, "1." * 450_000, "a@" * 400_000]
    async with _session() as session:
        for text in texts:
            messages = [{"role": "system", "content": text}, {"role": "user", "content": "Go on."}]
            await arena.ask(session, "gpt-4o", messages=messages)


async def _unknown_bodies(arena: Arena) -> None:
    async def push(session: aiohttp.ClientSession) -> None:
        headers = {"authorization": "Bearer sk-promptly-nobody", "content-type": "application/json"}
        with suppress(aiohttp.ClientError, TimeoutError):
            async with session.post(
                f"{arena.running.url}/v1/chat/completions", data=b"x" * 9_000_000, headers=headers
            ) as answer:
                await answer.read()

    async with _session() as session:
        for _ in range(5):
            await asyncio.gather(*(push(session) for _ in range(20)))


async def _brackets(arena: Arena) -> None:
    async with _session() as session:
        for data in (b"[" * 9_000_000, b'{"a":' * 1_800_000, b'{"messages":[' + b"[]," * 3_000_000 + b"[]]}"):
            with suppress(aiohttp.ClientError, TimeoutError):
                async with session.post(
                    f"{arena.running.url}/v1/chat/completions", data=data, headers=arena.headers
                ) as answer:
                    await answer.read()


async def _head(arena: Arena) -> None:
    """A request head of 64 MB."""
    reader, writer = await _connect(arena)
    with suppress(ConnectionError, TimeoutError):
        writer.write(b"GET /v1/models HTTP/1.1\r\nhost: x\r\nx-long: ")
        for _ in range(64):
            writer.write(b"a" * (1 << 20))
            await asyncio.wait_for(writer.drain(), 10)
        writer.write(b"\r\n\r\n")
        await asyncio.wait_for(reader.read(100), 10)
    writer.close()


async def _many_fields(arena: Arena) -> None:
    reader, writer = await _connect(arena)
    with suppress(ConnectionError, TimeoutError):
        writer.write(b"GET /v1/models HTTP/1.1\r\nhost: x\r\n" + b"".join(b"x-%d: a\r\n" % n for n in range(200_000)))
        await asyncio.wait_for(writer.drain(), 10)
        writer.write(b"\r\n")
        await asyncio.wait_for(reader.read(100), 10)
    writer.close()


async def _unfinished(arena: Arena) -> None:
    """Connections that say nothing, or half a head, and stay."""
    writers = []
    for number in range(900):
        with suppress(OSError):
            _, writer = await _connect(arena)
            writers.append(writer)
            if number % 2:
                writer.write(b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\n")
    try:
        await asyncio.sleep(3600)
    finally:
        for writer in writers:
            writer.close()


async def _connect(arena: Arena) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    place = urlsplit(arena.running.url)
    return await asyncio.open_connection(place.hostname, place.port)


async def _stampede(arena: Arena) -> None:
    async with _session() as session:
        await asyncio.gather(*(arena.ask(session, "silent") for _ in range(100)))


async def _tool_turns(arena: Arena) -> None:
    """Large tool calls that the gateway remembers for the next turn, and keys that nobody knows."""

    async def unknown(session: aiohttp.ClientSession, number: int) -> None:
        with suppress(aiohttp.ClientError, TimeoutError):
            headers = {"authorization": f"Bearer sk-promptly-{number:043d}abcdef"}
            async with session.get(f"{arena.running.url}/v1/models", headers=headers) as answer:
                await answer.read()

    async with _session() as session:
        for number in range(0, 400, 20):
            await asyncio.gather(*(unknown(session, number + n) for n in range(20)))
            await arena.ask(session, "gpt-4o", user=str(number) * 40, metadata={"x": "y" * 400_000})


CALM = Attack("", "none", _nothing)


async def _many_users(arena: Arena) -> None:
    """Each with a budget of its own."""
    async with _session() as session:
        budget = {"name": "each", "subject": "user", "period": "day", "limit_usd": 1, "on_exceed": "alert"}
        url = f"{arena.running.url}/api/budgets"
        async with session.post(url, json=budget, headers=arena.attacker.headers) as answer:
            await answer.read()
        for first in range(0, 2000, 100):
            asked = (arena.ask(session, "usage of 10^30", user=f"{n}" * 300) for n in range(first, first + 100))
            await asyncio.gather(*asked)


ATTACKS = [
    Attack("C", "answers named 9 MB", _answers("named 9 MB", 28)),
    Attack("C", "answers whose id is 9 MB", _answers("id of 9 MB", 5), short=False),
    Attack("H", "usage of 10^30", _answers("usage of 10^30", 20)),
    Attack("H", "usage of 10^30, streamed", _answers("usage of 10^30", 20, stream=True), short=False),
    Attack("H", "usage over int32", _answers("usage over int32", 20), short=False),
    Attack("H", "answers named 3,000", _answers("named 3,000", 20), short=False),
    Attack("H", "answers nested 5,000", _answers("nested 5,000", 20)),
    Attack("H", "answers nested 5,000, streamed", _answers("nested 5,000", 20, stream=True), short=False),
    Attack("M", "answers of 9 MB without usage", _answers("9 MB, no usage", 3)),
    Attack("M", "answers of 10 MB of brackets", _answers("brackets", 3), short=False),
    Attack("M", "100 bodies of 9 MB without a key", _unknown_bodies),
    Attack("M", "bodies of brackets", _brackets, short=False),
    Attack("H", "120 live views", _live_views),
    Attack("H", "1,000 calls of a silent provider", _silent),
    Attack("H", "feedback with U+0000", _feedback),
    Attack("M", "2,000 users with budgets", _many_users),
    Attack("H", "texts for careless patterns", _blanks),
    Attack("H", "a head of 64 MB", _head),
    Attack("H", "a head of 200,000 fields", _many_fields, short=False),
    Attack("H", "900 unfinished connections", _unfinished),
    Attack("M", "100 equal calls of a silent provider", _stampede, short=False),
    Attack("H", "unknown keys and large turns", _tool_turns, short=False),
]
