"""Server-sent events, cut anywhere on the way: bytes in, whole `data` payloads out."""

import re

from libs.common.errors import PayloadTooLarge

MAX_EVENT = 16 << 20
_BOM = b"\xef\xbb\xbf"
_END = re.compile(rb"\r\n|\n|\r(?!\Z)")


class SseParser:
    """Feed it what the network gives. Comments, other fields and events without data are dropped; several data lines are
    joined. Every byte is looked at once, however small the pieces.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._seen = 0
        self._begun = False
        self._data: list[bytes] = []
        self._size = 0

    @property
    def idle(self) -> bool:
        """Whether the next byte begins an event."""
        return self._begun and not self._buffer and not self._data

    def feed(self, chunk: bytes) -> list[bytes]:
        """The payloads of the events that this chunk completes."""
        self._buffer += chunk
        if not self._begun and not self._begin():
            return []
        events: list[bytes] = []
        start = 0
        # A CR at the very end may be half of a CRLF, so the last byte is looked at again.
        for found in _END.finditer(self._buffer, self._seen):
            self._line(bytes(self._buffer[start : found.start()]), events)
            start = found.end()
        del self._buffer[:start]
        self._seen = max(0, len(self._buffer) - 1)
        if len(self._buffer) + self._size > MAX_EVENT:
            raise PayloadTooLarge("A line of the provider's stream is too long.")
        return events

    def end(self) -> list[bytes]:
        """The payload of an event whose last line, or whose empty line, never came."""
        self._begun = True
        events = self.feed(b"\n\n") if not self._buffer.endswith(b"\r") else self.feed(b"\n\n\n")
        self._buffer.clear()
        return events

    def _begin(self) -> bool:
        """Pass over a byte order mark; false while it may still be on its way."""
        if len(self._buffer) < len(_BOM) and _BOM.startswith(self._buffer):
            return False
        if self._buffer.startswith(_BOM):
            del self._buffer[: len(_BOM)]
        self._begun = True
        return True

    def _line(self, line: bytes, events: list[bytes]) -> None:
        if not line:
            payload = b"\n".join(self._data)
            if payload:
                events.append(payload)
            self._data, self._size = [], 0
        elif line.startswith(b"data:"):
            data = line[6:] if line[5:6] == b" " else line[5:]
            self._data.append(data)
            self._size += len(data) + 1


FRAME = b"data: "
FRAME_END = b"\n\n"


def event(data: bytes) -> bytes:
    """One event on the wire."""
    return b"data: %b\n\n" % data


DONE = b"data: [DONE]\n\n"
