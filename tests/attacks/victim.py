"""The victim: an organization with ordinary traffic, whose every request has to be answered and recorded, soon."""

import asyncio
import time
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import TypeVar

import aiohttp

from tests.chaos.books import settle
from tests.chaos.load import Load, steady
from tests.fixtures.running import Account, Running

T = TypeVar("T")


@dataclass
class Suffered:
    """What an attack did to the victim: requests sent, answered and recorded; waits in milliseconds."""

    sent: int
    answered: int
    recorded: int
    asked: int
    told: int
    worst: float
    p99: float
    failures: str = ""


async def beside(
    running: Running, account: Account, attack: Awaitable[None], seconds: float, rate: float = 8.0
) -> Suffered:
    """The victim's traffic for so long, with an attack beside it: half of it streamed, and a call to `/api` each second."""
    ending = asyncio.Event()
    panel = asyncio.create_task(_panel(account, ending))
    attacking = asyncio.ensure_future(attack)
    try:
        load = await steady(account, rate=rate, seconds=seconds, seed=f"victim-{time.monotonic_ns()}")
    finally:
        ending.set()
        attacking.cancel()
        await asyncio.gather(attacking, return_exceptions=True)
    asked, told = await panel
    if attacking.done() and not attacking.cancelled() and (error := attacking.exception()) is not None:
        raise error
    return await _counted(running, account, load, asked, told)


async def _counted(running: Running, account: Account, load: Load, asked: int, told: int) -> Suffered:
    books = await settle(running, account, load.answered, seconds=25)
    worst = max((one.milliseconds for one in load.outcomes), default=0.0)
    said = ", ".join(f"{count} × {error[:60]}" for error, count in load.failures.most_common(2))
    recorded = len(load.answered) - len(books.missing(load.answered))
    return Suffered(load.sent, len(load.answered), recorded, asked, told, worst, load.milliseconds(0.99), said)


async def _panel(account: Account, ending: asyncio.Event) -> tuple[int, int]:
    """Calls to the control plane, and how many of them were answered within two seconds."""
    asked = told = 0
    timeout = aiohttp.ClientTimeout(total=2)
    async with aiohttp.ClientSession(timeout=timeout, trust_env=False) as session:
        while not ending.is_set():
            asked += 1
            try:
                async with session.get(f"{account.running.url}/api/keys/platform", headers=account.headers) as answer:
                    told += answer.status == 200
            except (aiohttp.ClientError, TimeoutError):
                pass
            try:
                await asyncio.wait_for(ending.wait(), 1)
            except TimeoutError:
                continue
    return asked, told
