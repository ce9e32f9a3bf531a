"""uvicorn's HTTP protocol with bounds on what a peer may send before anybody knows who it is, and on how long it may take."""

import asyncio
import json
from typing import Any, Final, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from libs.common.http_limits import HttpLimits

_SWEEP_SECONDS: Final = 1.0
_LINGER_SECONDS: Final = 0.5
_JOINED_BYTES: Final = 1 << 16


class JoinedWrites:
    """A transport that sends what is written in one turn of the loop at once. The head and the body of an answer are two writes of
    the server, and each would be a call of the system and a packet.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._waiting: list[bytes] = []
        self._size = 0
        self.is_closing = transport.is_closing
        self.get_extra_info = transport.get_extra_info
        self.pause_reading = transport.pause_reading
        self.resume_reading = transport.resume_reading

    def write(self, data: bytes) -> None:
        """Send it at the end of this turn; at once, with what waits, where that is much."""
        if not self._waiting:
            self._loop.call_soon(self._send)
        self._waiting.append(data)
        self._size += len(data)
        if self._size >= _JOINED_BYTES:
            self._send()

    def write_eof(self) -> None:
        """Send what waits, and say that it was all."""
        self._send()
        self._transport.write_eof()

    def close(self) -> None:
        """Send what waits, and close."""
        self._send()
        self._transport.close()

    def abort(self) -> None:
        """Send what waits as far as the system takes it, and close without waiting for the peer."""
        self._send()
        self._transport.abort()

    def _send(self) -> None:
        waiting, self._waiting, self._size = self._waiting, [], 0
        if not waiting or self._transport.is_closing():
            return
        if len(waiting) == 1:
            self._transport.write(waiting[0])
        else:
            self._transport.writelines(waiting)


class BoundedHttp(HttpToolsProtocol):
    """One connection. A subclass per server holds its `limits` and `most` connections at a time."""

    limits: HttpLimits
    most: int

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._most_head, self._most_headers = self.limits.head_bytes, self.limits.headers
        self._in_head = self._in_body = self._refused = False
        self._head = self._unread = 0
        self.since = 0.0
        self._stalled: float | None = None

    @property
    def idle(self) -> bool:
        """Whether no request is under way."""
        return self.cycle is None or self.cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        transport = cast("asyncio.Transport", JoinedWrites(transport, self.loop))
        self.since = self.loop.time()
        if len(self.connections) >= self.most and not self._make_room():
            self.transport = transport
            self._refuse(
                503, "This server has as many connections as it takes. Try again in a moment.", "too_many_connections"
            )
            return
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        if self._refused or self.transport.is_closing():
            return
        begun = self._in_head
        super().data_received(data)
        if self._in_body:
            self.since = self.loop.time()
        if self._in_head:  # what the parser holds back until a line of the head is whole
            self._unread = self._unread + len(data) if begun else 0
            if self._unread > self.limits.head_bytes and not self._refused:
                self._refuse_head()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head, self._in_body, self._head, self._unread = True, False, 0, 0
        self.since = self.loop.time()

    def on_url(self, url: bytes) -> None:
        self._head += len(url)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._head += len(name) + len(value) + 4
        if self._head <= self._most_head and len(self.headers) <= self._most_headers:
            HttpToolsProtocol.on_header(self, name, value)

    def on_headers_complete(self) -> None:
        self._in_head, self._in_body = False, True
        if self._head > self.limits.head_bytes or len(self.headers) > self.limits.headers:
            self._refuse_head()
        else:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if not self._refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        self._in_body = False
        if not self._refused:
            super().on_message_complete()

    def on_response_complete(self) -> None:
        self.since = self.loop.time()
        super().on_response_complete()

    def pause_writing(self) -> None:
        self._stalled = self.loop.time()
        super().pause_writing()

    def resume_writing(self) -> None:
        self._stalled = None
        super().resume_writing()

    def end_if_late(self, now: float) -> None:
        """Close a connection whose peer lets us wait."""
        if self.transport is None or self.transport.is_closing():
            return
        waited = now - self.since
        if self._stalled is not None and now - self._stalled > self.limits.stall_seconds:
            self.transport.abort()
        elif self._in_body and not self.idle:
            if waited > self.limits.body_seconds and not self.flow.read_paused:
                self.transport.abort()
        elif (self._in_head or self.idle) and waited > self.limits.head_seconds:
            self.transport.close()

    def _make_room(self) -> bool:
        """Close the connection on which nothing has been under way for longest; whether there was one."""
        others = (one for one in self.connections if isinstance(one, BoundedHttp))
        idle = [one for one in others if one.idle and not one.transport.is_closing()]
        if not idle:
            return False
        longest = min(idle, key=lambda one: one.since)
        longest.transport.close()
        self.connections.discard(longest)
        return True

    def _refuse_head(self) -> None:
        kilobytes, count = self.limits.head_bytes >> 10, self.limits.headers
        self._refuse(
            431,
            f"The head of the request is larger than {kilobytes} kB, or has more than {count} headers.",
            "head_too_large",
        )

    def _refuse(self, status: int, sentence: str, code: str) -> None:
        self._refused = True
        error = {"message": sentence, "type": "invalid_request_error" if status < 500 else "api_error", "code": code}
        body = json.dumps({"detail": sentence, "error": error}).encode()
        phrase = "Request Header Fields Too Large" if status == 431 else "Service Unavailable"
        head = f"HTTP/1.1 {status} {phrase}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
        again = "retry-after: 1\r\n" if status == 503 else ""
        self.transport.write(f"{head}{again}connection: close\r\n\r\n".encode() + body)
        # Closed with bytes unread, the system would reset the connection, and the sentence with it.
        self.transport.write_eof()
        self.loop.call_later(_LINGER_SECONDS, self.transport.close)


def protocol(limits: HttpLimits) -> type[BoundedHttp]:
    """The protocol of one server."""
    return type("_Bounded", (BoundedHttp,), {"limits": limits, "most": limits.fitting()})


async def sweep(connections: set[Any]) -> None:
    """End what is late, for as long as the server runs."""
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(_SWEEP_SECONDS)
        now = loop.time()
        for one in list(connections):
            if isinstance(one, BoundedHttp):
                one.end_if_late(now)
