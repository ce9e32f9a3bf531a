"""One HTTP/1.1 connection to a provider, and the answers that come over it."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Final, cast

import httptools

from services.gateway.domain.attempts import Failure

_MOST_HEAD: Final = (
    64 << 10
)  # bytes of an answer's head, or of trailers and chunks' extensions between two pieces of its body
_MOST_HEADERS: Final = 256
_MUCH: Final = 256 << 10  # bytes that wait to be read, from which on nothing more is taken from the network
_SMALL: Final = 64 << 10  # a body that is copied behind its head, to be one call of the system
_BARE: Final = frozenset((204, 304))


class Answer:
    """What came for one request: `status` and `headers` (lower case) once the head is there, then the body, piece by piece."""

    __slots__ = ("_connection", "_done", "_error", "_pieces", "_size", "_waiting", "came", "headers", "status")

    def __init__(self, connection: "Connection") -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.came = False  # whether anything did
        self._connection = connection
        self._pieces: deque[bytes] = deque()
        self._size = 0
        self._done = False
        self._error: BaseException | None = None
        self._waiting: asyncio.Future[None] | None = None

    async def head(self) -> None:
        """Wait for the head."""
        while not self.status:
            await self._more()

    async def read(self) -> bytes:
        """What came of the body since; nothing at its end. `Failure` for one that breaks off."""
        while not self._pieces:
            if self._done:
                return b""
            await self._more()
        data = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        self._pieces.clear()
        if self._size >= _MUCH:
            self._connection.resume()
        self._size = 0
        return data

    def close(self) -> None:
        """Read no more. A connection on which more may come is closed."""
        if not self._done:
            self._connection.abort()

    def add(self, piece: bytes) -> None:
        """Take a piece of the body; the connection's to call, like what follows."""
        self._pieces.append(piece)
        self._size += len(piece)
        if self._size >= _MUCH:
            self._connection.pause()
        self.wake()

    def finish(self) -> None:
        """The body is over."""
        self._done = True
        self.wake()

    def fail(self, error: BaseException) -> None:
        """Nothing more comes: whoever waits gets this error, after what came before it."""
        if not self._done and self._error is None:
            self._error = error
            self.wake()

    def wake(self) -> None:
        """Let whoever waits look again."""
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    async def _more(self) -> None:
        if self._error is not None:
            raise self._error
        self._waiting = asyncio.get_running_loop().create_future()
        try:
            await self._waiting
        finally:
            self._waiting = None


class Connection(asyncio.Protocol):
    """`released` is called once for each request: when its answer is whole, or the connection gone; it is told whether the connection
    can be used again.
    """

    def __init__(self, released: Callable[["Connection", bool], None]) -> None:
        self.idle_since = 0.0
        self._released = released
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._answer: Answer | None = None
        self._head = self._headers = 0
        self._framed = False
        self._uploading: asyncio.Task[None] | None = None
        self._writable = asyncio.Event()
        self._writable.set()

    @property
    def usable(self) -> bool:
        """Whether a request can be sent."""
        return self._transport is not None and self._answer is None and not self._transport.is_closing()

    def send(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes | AsyncIterator[bytes] | None
    ) -> Answer:
        """Send a request; its answer is still to come. A body in pieces goes out while the answer may come already."""
        assert self._transport is not None, "a connection is used once it is there"
        answer = self._answer = Answer(self)
        self._head = self._headers = 0
        if body is None or isinstance(body, bytes):
            data = body or b""
            size = f"content-length: {len(data)}\r\n" if data or method in ("POST", "PUT", "PATCH") else ""
            head = _head(method, target, headers, size)
            if len(data) <= _SMALL:
                self._transport.write(head + data)
            else:
                self._transport.writelines([head, data])
            return answer
        chunked = "content-length" not in headers
        self._transport.write(_head(method, target, headers, "transfer-encoding: chunked\r\n" if chunked else ""))
        self._uploading = asyncio.create_task(self._upload(answer, body, chunked=chunked))
        return answer

    def abort(self) -> None:
        """Close at once, whatever is under way."""
        if self._transport is not None:
            self._transport.abort()

    def close(self) -> None:
        """Close once what was written is out."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.close()

    def pause(self) -> None:
        """Take nothing more from the network."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()

    def resume(self) -> None:
        """Go on reading."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    # What the loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's has the methods alone

    def data_received(self, data: bytes) -> None:
        answer = self._answer
        if answer is None:  # nobody has asked
            self.abort()
            return
        answer.came = True
        self._head += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            if self._answer is None:  # something stands behind the answer
                self.abort()
            self._fail(Failure("malformed", "The answer is not HTTP."))
        else:
            if self._head > _MOST_HEAD:
                self._fail(
                    Failure("malformed", "The head of the answer, or what stands beside its body, is too large.")
                )

    def connection_lost(self, error: Exception | None) -> None:
        self._writable.set()
        answer = self._answer
        if answer is None:
            return
        if answer.status and not self._framed and error is None:
            answer.finish()  # its end is that of the connection
        elif answer.status:
            answer.fail(Failure("truncated", "The connection was lost in the middle of the answer."))
        else:
            answer.fail(Failure("connect", "No connection."))
        self._release(reusable=False)

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    # What the parser calls.

    def on_message_begin(self) -> None:
        self._framed = False
        if self._answer is None or self._answer.status:
            raise httptools.HttpParserError("An answer that nobody asked for.")

    def on_header(self, name: bytes, value: bytes) -> None:
        answer = self._answer
        assert answer is not None, "a message has begun"
        self._headers += 1
        if self._headers > _MOST_HEADERS:
            raise httptools.HttpParserError("Too many headers.")
        if answer.status:  # a trailer, which says nothing that anybody here needs
            return
        known = name.decode("latin-1").lower()
        self._framed = self._framed or known == "content-length" or known == "transfer-encoding"
        answer.headers[known] = value.decode("utf-8", "surrogateescape")

    def on_headers_complete(self) -> None:
        answer, status = self._answer, self._parser.get_status_code()
        assert answer is not None, "a message has begun"
        if status == 101:
            raise httptools.HttpParserError("The server wants to speak something else.")
        if status < 200:  # the answer is still to come
            answer.headers = {}
            return
        self._framed = self._framed or status in _BARE
        answer.status = status
        answer.wake()

    def on_body(self, body: bytes) -> None:
        self._head = 0
        if self._answer is not None:
            self._answer.add(body)

    def on_message_complete(self) -> None:
        if self._answer is not None and self._answer.status:
            self._answer.finish()
            self._release(reusable=self._parser.should_keep_alive() and self._uploading is None)

    def _fail(self, failure: BaseException) -> None:
        if self._answer is not None:
            self._answer.fail(failure)
            self._release(reusable=False)

    def _release(self, *, reusable: bool) -> None:
        self._answer = None
        if self._uploading is not None:
            self._uploading.cancel()
            self._uploading = None
        if reusable:
            self.resume()
        else:
            self.close()
        self._released(self, reusable)

    async def _upload(self, answer: Answer, body: AsyncIterator[bytes], *, chunked: bool) -> None:
        transport = self._transport
        assert transport is not None, "a request has begun"
        try:
            async for piece in body:
                await self._writable.wait()
                if transport.is_closing():
                    return
                transport.writelines([b"%x\r\n" % len(piece), piece, b"\r\n"] if chunked and piece else [piece])
            if chunked:
                transport.write(b"0\r\n\r\n")
            self._uploading = None
        except Exception:  # whoever reads the client's body knows what was wrong
            self._uploading = None
            answer.fail(Failure("truncated", "The body did not come whole."))
            self.abort()


def _head(method: str, target: str, headers: Mapping[str, str], length: str) -> bytes:
    """The head of a request. `Failure` for a header that would end early, and begin another."""
    lines = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
    if lines.count("\n") != len(headers) or lines.count("\r") != len(headers) or "\0" in lines:
        raise Failure("malformed", "A header holds what no header may.")
    return f"{method} {target} HTTP/1.1\r\n{lines}{length}\r\n".encode("utf-8", "surrogateescape")
