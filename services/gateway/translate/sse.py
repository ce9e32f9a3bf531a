"""Server-sent events, cut anywhere on the way: bytes in, whole `data` payloads out."""

from libs.common.errors import PayloadTooLarge

MAX_EVENT = 8 << 20


class SseParser:
    """Feed it what the network gives. Comments and other fields are dropped; several data lines are joined."""

    def __init__(self) -> None:
        self._buffer = b""
        self._data: list[bytes] = []

    def feed(self, chunk: bytes) -> list[bytes]:
        """The payloads of the events that this chunk completes."""
        self._buffer += chunk
        if len(self._buffer) > MAX_EVENT:
            raise PayloadTooLarge("A line of the provider's stream is too long.")
        events = []
        start = 0
        while (end := _line_end(self._buffer, start)) is not None:
            stop, following = end
            line = self._buffer[start:stop]
            start = following
            if not line:
                if self._data:
                    events.append(b"\n".join(self._data))
                    self._data = []
            elif line.startswith(b"data:"):
                self._data.append(line[6:] if line[5:6] == b" " else line[5:])
        self._buffer = self._buffer[start:]
        return events


def _line_end(buffer: bytes, start: int) -> tuple[int, int] | None:
    """Where the next line stops and the one after it begins; a lone CR at the very end may be half of a CRLF."""
    newline = buffer.find(b"\n", start)
    carriage = buffer.find(b"\r", start, newline if newline >= 0 else len(buffer))
    if carriage >= 0:
        if carriage + 1 == len(buffer):
            return None
        return carriage, carriage + 2 if buffer[carriage + 1 : carriage + 2] == b"\n" else carriage + 1
    return (newline, newline + 1) if newline >= 0 else None


def event(data: bytes) -> bytes:
    """One event on the wire."""
    return b"data: %b\n\n" % data


DONE = b"data: [DONE]\n\n"
