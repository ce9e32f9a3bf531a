"""Answers: whole, or in pieces that are sent as they come. A client that leaves ends the request at once."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Literal

from litestar.exceptions import HTTPException
from litestar.types import Receive, Scope, Send


class WholeAnswer:
    """An answer that is there: an ASGI application, without what the framework's own looks for in each."""

    def __init__(self, body: bytes, status: int = 200, media_type: str = "application/json") -> None:
        self._body = body
        self._status = status
        self._media_type = media_type

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        headers = [(b"content-type", self._media_type.encode()), (b"content-length", b"%d" % len(self._body))]
        await send({"type": "http.response.start", "status": self._status, "headers": headers})
        await send({"type": "http.response.body", "body": self._body, "more_body": False})


class Cut:
    """Says once, to all streams under way, that the process ends."""

    def __init__(self) -> None:
        self._waiting: set[Callable[[], None]] = set()
        self._is_set = False

    def set(self) -> None:
        """Say it."""
        self._is_set = True
        for notify in list(self._waiting):
            notify()

    def add(self, notify: Callable[[], None]) -> None:
        """Call `notify` when it is said; at once where it was."""
        self._waiting.add(notify)
        if self._is_set:
            notify()

    def discard(self, notify: Callable[[], None]) -> None:
        """Do not call it any more."""
        self._waiting.discard(notify)


class StreamingAnswer:
    """An answer in pieces: an ASGI application that sends `chunks`, and closes them whatever happens. They give their first piece at
    once, even if it is empty. After `keep_alive` seconds of silence what `keep_alive_bytes` returns goes out; once `cut` is set, the
    process ends, and `last` says so.
    """

    def __init__(
        self,
        chunks: AsyncGenerator[bytes, None],
        headers: Sequence[tuple[bytes, bytes]],
        status: int = 200,
        *,
        keep_alive: float | None = None,
        keep_alive_bytes: Callable[[], bytes] = bytes,
        cut: Cut | None = None,
        last: Callable[[], bytes] = bytes,
    ) -> None:
        self._cut = cut
        self._last = last
        self._chunks = chunks
        self._headers = headers
        self._status = status
        self._keep_alive = keep_alive
        self._keep_alive_bytes = keep_alive_bytes
        self._sent = 0.0

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        # Begun here, so that whatever happens next, the generator's own end comes to run.
        first = await anext(self._chunks, b"")
        beside = Beside(receive, self._cut)
        beat = None if self._keep_alive is None else _Beat(self, send, self._keep_alive)
        try:
            with beside:
                await self._pump(send, first)
            if beside.reason == "cut":
                await send({"type": "http.response.body", "body": self._last(), "more_body": False})
        finally:
            if beat is not None:
                beat.stop()
            await self._chunks.aclose()

    async def _pump(self, send: Send, first: bytes) -> None:
        await send({"type": "http.response.start", "status": self._status, "headers": list(self._headers)})
        if first:
            await self._send(send, first)
        async for chunk in self._chunks:
            if chunk:
                await self._send(send, chunk)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _send(self, send: Send, chunk: bytes) -> None:
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
        self._sent = asyncio.get_running_loop().time()

    async def keep_open(self, send: Send, seconds: float) -> float:
        """Break a silence of so many seconds; when to look again comes back. Never within an event: every piece that is sent holds whole
        ones.
        """
        if not self._sent:
            return seconds
        silent = asyncio.get_running_loop().time() - self._sent
        if silent < seconds:
            return seconds - silent
        await self._send(send, self._keep_alive_bytes())
        return seconds


class Beside:
    """What may end an answer early: a client that leaves, or a process that ends. `reason` says which of them did. It cancels the task
    that is in the block, where the cancellation ends, because nobody else asked for it.
    """

    def __init__(self, receive: Receive, cut: Cut | None = None) -> None:
        self.reason: Literal["left", "cut"] | None = None
        self._receive = receive
        self._cut = cut

    def __enter__(self) -> None:
        task = asyncio.current_task()
        assert task is not None, "requests are served in tasks"
        self._task, self._before = task, task.cancelling()
        self._gone = asyncio.create_task(disconnected(self._receive))
        self._gone.add_done_callback(self._left)
        if self._cut is not None:
            self._cut.add(self._ends)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        self._gone.remove_done_callback(self._left)
        self._gone.cancel()
        if self._cut is not None:
            self._cut.discard(self._ends)
        if self.reason is None:
            return False
        others = self._task.uncancel() > self._before
        return kind is asyncio.CancelledError and not others

    def _left(self, gone: asyncio.Task[None]) -> None:
        if not gone.cancelled():
            self._end("left")

    def _ends(self) -> None:
        self._end("cut")

    def _end(self, reason: Literal["left", "cut"]) -> None:
        if self.reason is None:
            self.reason = reason
            self._task.cancel()


class _Beat:
    """Looks at a stream's silence: a timer, because most streams end before it is due."""

    def __init__(self, answer: StreamingAnswer, send: Send, seconds: float) -> None:
        self._answer = answer
        self._send = send
        self._seconds = seconds
        self._looking: asyncio.Task[None] | None = None
        self._loop = asyncio.get_running_loop()
        self._timer = self._loop.call_later(seconds, self._start)

    def stop(self) -> None:
        """Look no more."""
        self._timer.cancel()
        if self._looking is not None:
            self._looking.cancel()

    def _start(self) -> None:
        self._looking = self._loop.create_task(self._look())

    async def _look(self) -> None:
        again = await self._answer.keep_open(self._send, self._seconds)
        self._timer = self._loop.call_later(max(again, 0.001), self._start)


class ClientDisconnect(HTTPException):
    """Nobody is left to read an answer; the status is for the log alone."""

    status_code = 499


async def disconnected(receive: Receive) -> None:
    """Returns when the client has closed its connection."""
    while (await receive())["type"] != "http.disconnect":
        pass
