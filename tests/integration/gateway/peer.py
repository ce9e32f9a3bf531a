"""A server that does with each connection what a test says, and a loop of each kind to meet it on."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import uvloop
from yarl import URL

Serve = Callable[["Peer", asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
LOOPS = {"uvloop": uvloop.new_event_loop, "asyncio": asyncio.new_event_loop}


@dataclass
class Peer:
    """A server that does what a test says with each connection, and keeps what it was sent."""

    serve: Serve
    port: int = 0
    connections: int = 0
    requests: list[bytes] = field(default_factory=list)
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> URL:
        return URL(f"http://127.0.0.1:{self.port}/v1/x?a=b", encoded=True)

    async def heard(self, reader: asyncio.StreamReader) -> bytes:
        """A request's head and body."""
        head = await reader.readuntil(b"\r\n\r\n")
        size = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
        self.requests.append(head + await reader.readexactly(size))
        return self.requests[-1]

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            await self.serve(self, reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
            self.ended.set()


@contextlib.asynccontextmanager
async def peer(serve: Serve) -> AsyncIterator[Peer]:
    found = Peer(serve)
    server = await asyncio.start_server(found, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    try:
        yield found
    finally:
        server.close()


def run(loop: str, test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a test on a loop of its own."""

    async def within() -> None:
        async with asyncio.timeout(30):
            await test()

    with asyncio.Runner(loop_factory=LOOPS[loop]) as runner:
        runner.run(within())


def always(data: bytes, *, close: bool = False) -> Serve:
    """Answer each request with these bytes."""

    async def serve(found: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await found.heard(reader)
            writer.write(data)
            await writer.drain()
            if close:
                return

    return serve
