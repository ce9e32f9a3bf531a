"""Whether the request at hand has its line in the log already: those with a record get it there, others where HTTP ends."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class LineState:
    """Shared by all tasks of one request."""

    __slots__ = ("written",)

    def __init__(self) -> None:
        self.written = False


_state: ContextVar[LineState | None] = ContextVar("request_line", default=None)


@contextmanager
def line_state() -> Iterator[LineState]:
    """The state of the request that is served inside the block, and in tasks that it starts."""
    own = LineState()
    token = _state.set(own)
    try:
        yield own
    finally:
        _state.reset(token)


def note_line() -> None:
    """Note that the record has written the line, or left it out."""
    if (own := _state.get()) is not None:
        own.written = True
