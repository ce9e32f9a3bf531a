"""An answer in pieces, sent as they come. A client that leaves ends the request at once."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Any

from litestar import Response
from litestar.exceptions import HTTPException
from litestar.types import ASGIApp, Receive, Scope, Send


class StreamingAnswer(Response[Any]):
    """A handler's answer that is sent by `_Stream`: the framework's own would buffer nothing, but also close nothing."""

    def __init__(
        self,
        chunks: AsyncGenerator[bytes, None],
        headers: Sequence[tuple[bytes, bytes]],
        status: int = 200,
        *,
        keep_alive: float | None = None,
        keep_alive_bytes: Callable[[], bytes] = bytes,
        cut: asyncio.Event | None = None,
        last: Callable[[], bytes] = bytes,
    ) -> None:
        super().__init__(content=None, status_code=status)
        self._stream = _Stream(chunks, headers, status, keep_alive, keep_alive_bytes, cut, last)

    def to_asgi_response(self, *_: Any, **__: Any) -> ASGIApp:  # type: ignore[override]
        """The application that sends it."""
        return self._stream


class _Stream:
    """An ASGI application that sends `chunks`, and closes them whatever happens. They give their first piece at once,
    even if it is empty. After `keep_alive` seconds of silence what `keep_alive_bytes` returns goes out; once `cut` is set, the
    process ends, and `last` says so.
    """

    def __init__(
        self,
        chunks: AsyncGenerator[bytes, None],
        headers: Sequence[tuple[bytes, bytes]],
        status: int,
        keep_alive: float | None,
        keep_alive_bytes: Callable[[], bytes],
        cut: asyncio.Event | None,
        last: Callable[[], bytes],
    ) -> None:
        self._cut = cut
        self._last = last
        self._chunks = chunks
        self._headers = headers
        self._status = status
        self._keep_alive = keep_alive
        self._keep_alive_bytes = keep_alive_bytes
        self._sent = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Begun here, so that whatever happens next, the generator's own end comes to run.
        first = await anext(self._chunks, b"")
        pump = asyncio.create_task(self._pump(send, first))
        beside = [asyncio.create_task(disconnected(receive))]
        if self._keep_alive is not None:
            beside.append(asyncio.create_task(self._keep_open(send, self._keep_alive)))
        if self._cut is not None:
            beside.append(asyncio.create_task(self._until_cut(self._cut)))
        try:
            await asyncio.wait((pump, *beside), return_when=asyncio.FIRST_COMPLETED)
            if self._cut is not None and self._cut.is_set() and not pump.done():
                pump.cancel()
                await asyncio.gather(pump, return_exceptions=True)
                await send({"type": "http.response.body", "body": self._last(), "more_body": False})
        finally:
            for task in (pump, *beside):
                task.cancel()
            await asyncio.gather(pump, *beside, return_exceptions=True)
            await self._chunks.aclose()
        if pump.done() and not pump.cancelled():
            pump.result()

    async def _until_cut(self, cut: asyncio.Event) -> None:
        await cut.wait()

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

    async def _keep_open(self, send: Send, seconds: float) -> None:
        """Never within an event: every piece that is sent holds whole ones."""
        loop = asyncio.get_running_loop()
        while True:
            silent = loop.time() - self._sent
            if self._sent and silent >= seconds:
                await self._send(send, self._keep_alive_bytes())
                silent = 0.0
            await asyncio.sleep(max(seconds - silent, 0.001) if self._sent else seconds)


class ClientDisconnect(HTTPException):
    """Nobody is left to read an answer; the status is for the log alone."""

    status_code = 499


async def disconnected(receive: Receive) -> None:
    """Returns when the client has closed its connection."""
    while (await receive())["type"] != "http.disconnect":
        pass
