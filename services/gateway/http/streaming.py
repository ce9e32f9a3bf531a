"""An answer in pieces, sent as they come. A client that leaves ends the work behind it at once."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import Any

from litestar import Response
from litestar.exceptions import HTTPException
from litestar.types import ASGIApp, Receive, Scope, Send


class StreamingAnswer(Response[Any]):
    """A handler's answer that is sent by `_Stream`: the framework's own would buffer nothing, but also close nothing."""

    def __init__(
        self, chunks: AsyncGenerator[bytes, None], headers: Sequence[tuple[bytes, bytes]], status: int = 200
    ) -> None:
        super().__init__(content=None, status_code=status)
        self._stream = _Stream(chunks, headers, status)

    def to_asgi_response(self, *_: Any, **__: Any) -> ASGIApp:  # type: ignore[override]
        """The application that sends it."""
        return self._stream


class _Stream:
    """An ASGI application that sends `chunks`, and closes them whatever happens."""

    def __init__(
        self, chunks: AsyncGenerator[bytes, None], headers: Sequence[tuple[bytes, bytes]], status: int = 200
    ) -> None:
        self._chunks = chunks
        self._headers = headers
        self._status = status

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        pump = asyncio.create_task(self._pump(send))
        gone = asyncio.create_task(disconnected(receive))
        try:
            await asyncio.wait((pump, gone), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (pump, gone):
                task.cancel()
            await asyncio.gather(pump, gone, return_exceptions=True)
            await self._chunks.aclose()
        if pump.done() and not pump.cancelled():
            pump.result()

    async def _pump(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self._status, "headers": list(self._headers)})
        async for chunk in self._chunks:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


class ClientDisconnect(HTTPException):
    """Nobody is left to read an answer; the status is for the log alone."""

    status_code = 499


async def disconnected(receive: Receive) -> None:
    """Returns when the client has closed its connection."""
    while (await receive())["type"] != "http.disconnect":
        pass
