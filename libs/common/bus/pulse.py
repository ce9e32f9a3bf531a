"""Whether the server still answers, and what time it has.

A server that hangs keeps its connection: each request would wait out its whole budget, one part after the other. So what the
server is slow to answer makes us ask it for a sign of life, and without one the bus counts as away until there is.
"""

import asyncio
import json
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from types import TracebackType

import structlog
from nats.aio.client import Client
from nats.errors import Error as NatsError

log = structlog.get_logger()
_SLOW_SECONDS = 0.04
_SIGN_SECONDS = 0.05
_STEP_SECONDS = 0.01
_LONGEST_SECONDS = 1.0  # also where this process is busy all the time
_FOR_EVER = 86_400


class _Watch:
    """One thing that is waited for. Written out, because each request has several."""

    __slots__ = ("_ask", "_limit", "_slow", "_waiting")

    def __init__(self, ask: Callable[[], None], waiting: set[asyncio.Timeout], seconds: float | None) -> None:
        self._ask = ask
        self._waiting = waiting
        self._limit = asyncio.timeout(seconds)

    async def __aenter__(self) -> None:
        self._slow = asyncio.get_running_loop().call_later(_SLOW_SECONDS, self._ask)
        await self._limit.__aenter__()
        self._waiting.add(self._limit)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._waiting.discard(self._limit)
        self._slow.cancel()
        await self._limit.__aexit__(kind, error, trace)


class Pulse:
    """Of one connection."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._waiting: set[asyncio.Timeout] = set()
        self._asking: asyncio.Task[None] | None = None
        self._clock: tuple[float, float] | None = None
        self.silent = False

    def time(self) -> float | None:
        """Seconds since the epoch on the server's clock; None until it was read."""
        if self._clock is None:
            return None
        server, own = self._clock
        return server + time.monotonic() - own

    async def read_clock(self, stream: str) -> None:
        """Read the server's clock off an answer of its own; between two readings ours only counts on."""
        began = time.monotonic()
        with suppress(NatsError, TimeoutError, OSError, ValueError, KeyError):
            answer = await self._client.request(f"$JS.API.STREAM.INFO.{stream}", b"", timeout=2)
            ts = datetime.fromisoformat(json.loads(answer.data)["ts"])
            self._clock = ts.timestamp(), (began + time.monotonic()) / 2

    def keep_watch(self, seconds: float | None = None) -> "_Watch":
        """Around something that the server itself answers: `TimeoutError` once it gives no sign of life, or after so many `seconds`."""
        return _Watch(self._ask, self._waiting, seconds)

    def reset(self) -> None:
        """The connection is gone, and with it the question."""
        if self._asking is not None:
            self._asking.cancel()
        self.silent = False

    def _ask(self) -> None:
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._sign())

    async def _sign(self) -> None:
        # Never cancelled while the connection lives: nats-py cannot take an answer that nobody waits for any more.
        pong = asyncio.ensure_future(self._client.flush(timeout=_FOR_EVER))
        try:
            if not await _came(pong):
                self.silent = True
                log.warning("bus_silent")
                now = asyncio.get_running_loop().time()
                for limit in self._waiting:
                    limit.reschedule(now)
                await asyncio.wait((pong,))
            pong.exception()
        except asyncio.CancelledError:
            pong.cancel()
            raise
        finally:
            self.silent = False


async def _came(pong: "asyncio.Future[None]") -> bool:
    """Whether the sign came in time. A step that ended late says that this process was busy, and nothing of the server,
    whose answer may lie unread in the socket: it does not count.
    """
    loop = asyncio.get_running_loop()
    began, waited = loop.time(), 0.0
    while waited < _SIGN_SECONDS and loop.time() - began < _LONGEST_SECONDS:
        step = loop.time()
        done, _ = await asyncio.wait((pong,), timeout=_STEP_SECONDS)
        if done:
            return True
        if loop.time() - step < 2 * _STEP_SECONDS:
            waited += _STEP_SECONDS
    return False
