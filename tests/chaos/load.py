"""Bounded load on a running Promptly, and what came of every request."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from tests.fixtures.running import Account

_SUBJECTS = ("rivers", "bridges", "lighthouses", "orchards", "harbours", "glaciers", "markets", "libraries")


@dataclass
class Outcome:
    """One request: when it was sent, how long it took in milliseconds, and what the client got of it."""

    request_id: str
    stream: bool
    milliseconds: float
    answered: bool
    error: str = ""
    degraded: tuple[str, ...] = ()
    began: float = 0.0  # seconds since the load began


@dataclass
class Load:
    """What a stretch of load brought."""

    outcomes: list[Outcome] = field(default_factory=list)

    @property
    def sent(self) -> int:
        return len(self.outcomes)

    @property
    def answered(self) -> set[str]:
        return {outcome.request_id for outcome in self.outcomes if outcome.answered}

    @property
    def failures(self) -> Counter[str]:
        return Counter(outcome.error for outcome in self.outcomes if not outcome.answered)

    @property
    def degraded(self) -> Counter[str]:
        return Counter(part for outcome in self.outcomes for part in outcome.degraded)

    def milliseconds(self, share: float) -> float:
        """The latency that a share of the answered requests stayed under."""
        times = sorted(outcome.milliseconds for outcome in self.outcomes if outcome.answered)
        return times[min(len(times) - 1, int(share * len(times)))] if times else float("nan")


def questions(seed: str) -> Iterator[str]:
    """Questions without end, no two alike."""
    number = 0
    while True:
        subject = _SUBJECTS[number % len(_SUBJECTS)]
        yield f"Write a note about {subject} for reader {seed}-{number:06d} and mention the number {number * 7919 % 10007}."
        number += 1


async def steady(account: Account, *, rate: float, seconds: float, seed: str) -> Load:
    """`rate` requests a second for `seconds`, every other one streamed, whatever the answers do."""
    load, asked = Load(), questions(seed)
    tasks = []
    async with _session() as session:
        start = time.monotonic()
        for number in range(int(rate * seconds)):
            await asyncio.sleep(max(0.0, start + number / rate - time.monotonic()))
            tasks.append(asyncio.create_task(_ask(session, account, next(asked), number % 2 == 1)))
        load.outcomes = await asyncio.gather(*tasks)
    for outcome in load.outcomes:
        outcome.began -= start
    return load


async def burst(account: Account, *, count: int, concurrency: int, seed: str) -> Load:
    """`count` requests, `concurrency` at a time."""
    load, asked = Load(), questions(seed)
    left = iter(range(count))

    async def worker(session: aiohttp.ClientSession) -> None:
        for number in left:
            load.outcomes.append(await _ask(session, account, next(asked), number % 2 == 1))

    async with _session() as session:
        await asyncio.gather(*(worker(session) for _ in range(concurrency)))
    return load


def _session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(total=30), trust_env=False
    )


async def _ask(session: aiohttp.ClientSession, account: Account, question: str, stream: bool) -> Outcome:
    body: dict[str, Any] = {"model": "gpt-4o", "messages": [{"role": "user", "content": question}]}
    if stream:
        body["stream"] = True
    start = time.monotonic()
    request_id, answered, error, metadata = "", False, "", {}
    try:
        async with session.post(
            f"{account.running.url}/v1/chat/completions",
            json=body,
            headers={"authorization": f"Bearer {account.api_key}"},
        ) as answer:
            request_id = answer.headers.get("x-promptly-request-id", "")
            text = await answer.read()
            if answer.status != 200:
                error = f"{answer.status} {text[:120].decode(errors='replace')}"
            elif stream:
                answered = text.endswith(b"data: [DONE]\n\n")
                events = [line[6:] for line in text.split(b"\n\n") if line.startswith(b"data: {")]
                metadata = json.loads(events[-1]).get("promptly_metadata", {})
                error = "" if answered else "the stream broke off"
            else:
                metadata, answered = json.loads(text)["promptly_metadata"], True
    except (aiohttp.ClientError, TimeoutError) as failure:
        error = type(failure).__name__
    milliseconds = (time.monotonic() - start) * 1000
    return Outcome(request_id, stream, milliseconds, answered, error, tuple(metadata.get("degraded", ())), start)
