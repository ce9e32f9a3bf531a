"""The data of a stream of server-sent events that is there in full."""

import re
from collections.abc import Iterator

_END = re.compile(rb"\r\n\r\n|\n\n|\r\r")


def payloads(stream: bytes) -> Iterator[bytes]:
    """What each event carries; comments and events without data are passed over."""
    start = 0
    for found in _END.finditer(stream):
        lines = stream[start : found.start()].splitlines()
        start = found.end()
        data = b"\n".join(line[5:].strip() for line in lines if line.startswith(b"data:"))
        if data and data != b"[DONE]":
            yield data


def one_line(data: bytes) -> bytes:
    """The same JSON without line ends, which would end an event's data. Within its strings there are none."""
    return data.replace(b"\r", b" ").replace(b"\n", b" ")
