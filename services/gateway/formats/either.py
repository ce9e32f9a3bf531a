"""Reads an answer whether the provider streams it or gives it whole, whatever it was asked for."""

from collections.abc import Callable

from services.gateway.domain.attempts import Failure
from services.gateway.formats.blocks import Answer
from services.gateway.formats.deltas import Delta, Fail, StreamReader, pieces_of, read_whole

_MAX_WHOLE = 64 << 20
_BOM = b"\xef\xbb\xbf"


class EitherReader:
    """A stream, read by the surface's reader; a body that is JSON is read whole, and comes out as deltas."""

    def __init__(self, reader: StreamReader, whole: Callable[[bytes], Answer]) -> None:
        self._reader = reader
        self._whole = whole
        self._begin = b""
        self._body: list[bytes] | None = None
        self._size = 0
        self._streams = False

    def feed(self, piece: bytes) -> list[Delta]:
        """The deltas that these bytes complete."""
        if self._streams:
            return self._reader.feed(piece)
        if self._body is None:
            self._begin += piece
            seen = self._begin.removeprefix(_BOM).lstrip()
            if not seen or _BOM.startswith(self._begin):
                self._begin = self._begin if _BOM.startswith(self._begin) else b""
                return []
            if seen[:1] not in (b"{", b"["):
                self._streams = True
                return self._reader.feed(self._begin)
            self._body, piece = [], seen
        self._body.append(piece)
        self._size += len(piece)
        if self._size > _MAX_WHOLE:
            self._body, self._streams = [], True
            return [Fail(Failure("malformed", "The answer is too large."))]
        return []

    def end(self) -> list[Delta]:
        """What is left once the connection has closed."""
        if self._body is None or self._streams:
            return self._reader.end()
        try:
            return pieces_of(self._whole(b"".join(self._body)))
        except Failure as failure:
            return [Fail(failure)]


def whole_answer(data: bytes, whole: Callable[[bytes], Answer], reader: Callable[[], StreamReader]) -> Answer:
    """A whole answer, also where the provider sent a stream. Raises `Failure`."""
    begin = data[:512].removeprefix(_BOM).lstrip()
    return read_whole(reader(), data) if begin.startswith((b"data:", b"event:", b"id:", b":")) else whole(data)
