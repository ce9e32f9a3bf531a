"""An answer in pieces, sent as they come. A client that leaves ends the work behind it at once."""

import asyncio
from collections.abc import AsyncGenerator, Sequence

from litestar.types import Receive, Scope, Send


class StreamingAnswer:
    """An ASGI application that sends `chunks`, and closes them whatever happens."""

    def __init__(
        self, chunks: AsyncGenerator[bytes, None], headers: Sequence[tuple[bytes, bytes]], status: int = 200
    ) -> None:
        self._chunks = chunks
        self._headers = headers
        self._status = status

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        pump = asyncio.create_task(self._pump(send))
        gone = asyncio.create_task(_disconnected(receive))
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


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
