"""Looks at a stream that is forwarded as it comes: only the frames that begin, end or break an answer are decoded."""

import re
from collections.abc import Callable

import msgspec

from services.gateway.domain.attempts import Failure
from services.gateway.formats.blocks import StopReason, Usage

_END = re.compile(rb"\r\n\r\n|\n\n|\r\r")
_SEEN = 256
MAX_FRAME = 64 << 20


class Seen(msgspec.Struct, kw_only=True):
    """What was seen of an answer so far. `lost`: a frame was too large to be looked at, so the tokens are not known. `units` counts
    what is billed apart from tokens. `iterations` are the models and tokens of an answer that several calls of models made: where
    there are any, they are what was billed, and `usage` is not. `begun`: something has come that is more than a sign of life, so
    that no other provider can answer instead.
    """

    model: str = ""
    answer_id: str = ""
    usage: Usage | None = None
    stop: StopReason | None = None
    native_stop: str | None = None
    call_ids: list[str] = []
    failure: Failure | None = None
    begun: bool = False
    done: bool = False
    lost: bool = False
    tier: str | None = None
    units: dict[str, int] = {}
    iterations: list[tuple[str, Usage]] = []


class FramePeek:
    """Feed it every piece of the stream. `wanted` finds, in the first bytes of a frame, whether it is one to decode; `opening` whether
    it only says that the provider is there.
    """

    def __init__(
        self,
        wanted: re.Pattern[bytes],
        read: Callable[[bytes, Seen], None],
        *,
        opening: re.Pattern[bytes] | None = None,
    ) -> None:
        self.seen = Seen()
        self._wanted = wanted
        self._opening = opening
        self._read = read
        self._buffer = bytearray()
        self._looked = 0
        self._skipping = False

    @property
    def between_frames(self) -> bool:
        """Whether what was fed ends with a whole frame."""
        return not self._buffer

    def feed(self, piece: bytes) -> None:
        """Look at these bytes. Raises nothing: what cannot be understood is the client's to judge."""
        self._buffer += piece
        start = 0
        for found in _END.finditer(self._buffer, self._looked):
            self._frame(start, found.start())
            start = found.end()
        del self._buffer[:start]
        if len(self._buffer) > MAX_FRAME:
            self.seen.lost, self._skipping = True, True
            del self._buffer[:-4]
        self._looked = max(0, len(self._buffer) - 3)

    def end(self) -> None:
        """The connection has closed: what is left is a frame, too."""
        self.feed(b"\n\n")

    def _frame(self, start: int, stop: int) -> None:
        if self._skipping:
            self._skipping = False
            return
        end = min(stop, start + _SEEN)
        if not self.seen.begun and self._buffer.find(b"data:", start, end) >= 0:
            self.seen.begun = self._opening is None or self._opening.search(self._buffer, start, end) is None
        if self._wanted.search(self._buffer, start, end) is None:
            return
        lines = bytes(self._buffer[start:stop]).splitlines()
        data = b"\n".join(line[5:].strip() for line in lines if line.startswith(b"data:"))
        if data:
            self._read(data, self.seen)
