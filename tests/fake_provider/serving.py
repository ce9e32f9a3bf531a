"""Sends answers as a step wants them: whole, in events, a byte at a time, or broken off."""

import asyncio
import hashlib
import os
import socket
import struct
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from typing import Any

from tests.fake_provider.formats import Event
from tests.fake_provider.script import Step

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


async def body_of(receive: Receive) -> bytes:
    """The whole body of a request."""
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


async def until_gone(receive: Receive) -> None:
    """Returns when the client has closed the connection, or has its answer."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def respond(
    send: Send,
    status: int,
    body: bytes,
    headers: dict[str, str] | None = None,
    dribble: int = 0,
    kind: str = "application/json",
) -> None:
    """A whole answer, of JSON unless `kind` says otherwise."""
    raw = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode())]
    raw += [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    if dribble:
        await _write(send, body, dribble)
    await send({"type": "http.response.body", "body": b"" if dribble else body, "more_body": False})


async def stream(
    events: list[Event],
    failure: Event,
    step: Step,
    headers: dict[str, str],
    gone: asyncio.Future[None],
    send: Send,
    *,
    sse: bool,
) -> bool:
    """Sends events, with the faults of the step; false where the client left before the last one."""
    kind = "text/event-stream" if sse else "application/json"
    raw = [(name.encode(), value.encode()) for name, value in {"content-type": kind, **headers}.items()]
    await send({"type": "http.response.start", "status": 200, "headers": raw})
    faults = (step.error_after, step.end_after, step.cut_after, step.reset_after)
    stop = min((after for after in faults if after is not None), default=len(events))
    told = events[:stop]
    broken = stop < len(events)
    if broken and step.error_after == stop:
        told.append(failure)
    for piece in _framed(told, step) if sse else _listed(told, len(events)):
        await _write(send, piece, step.dribble)
        if step.chunk_delay:
            await asyncio.wait((gone,), timeout=step.chunk_delay)
        if gone.done():
            return False
    if broken and stop in (step.cut_after, step.reset_after):
        await break_off(send, gone, reset=step.reset_after == stop)
        return True
    await send({"type": "http.response.body", "body": b"", "more_body": False})
    return True


class Hashed:
    """A way to the client that hashes the bodies that go it."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._hash = hashlib.sha256()
        self.__self__ = getattr(send, "__self__", None)  # see `break_off`

    async def __call__(self, message: Any) -> None:
        self._hash.update(message.get("body", b""))
        await self._send(message)

    @property
    def sha256(self) -> str:
        """The digest of what has been sent so far."""
        return self._hash.hexdigest()


async def break_off(send: Send, gone: asyncio.Future[None], *, reset: bool) -> None:
    """Closes the connection under a request: after what was sent, or with a TCP reset."""
    transport = send.__self__.transport  # type: ignore[attr-defined]  # the server's own cycle
    if reset:
        own = socket.socket(fileno=os.dup(transport.get_extra_info("socket").fileno()))
        own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        own.close()
        transport.abort()
    else:
        transport.close()
    await gone


def _framed(events: list[Event], step: Step) -> Iterator[bytes]:
    end = b"\r\n" if step.crlf else b"\n"
    for event in events:
        comment = b": keep-alive" + end + end if step.comments else b""
        name = b"event: " + event.name.encode() + end if event.name else b""
        yield comment + name + b"data: " + event.data + end + end


def _listed(events: list[Event], whole: int) -> Iterator[bytes]:
    """The array of a stream without SSE; one that is not `whole` stays open."""
    for index, event in enumerate(events):
        yield (b",\r\n" if index else b"[") + event.data
    if len(events) >= whole:
        yield b"]"


async def _write(send: Send, data: bytes, dribble: int) -> None:
    step = dribble or max(len(data), 1)
    for at in range(0, len(data), step):
        await send({"type": "http.response.body", "body": data[at : at + step], "more_body": True})
        if dribble:
            await asyncio.sleep(0)
