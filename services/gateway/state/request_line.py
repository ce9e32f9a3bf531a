"""Whether the request at hand has its line in the log already: those with a record get it there, others where HTTP ends."""

from contextvars import ContextVar, Token


class LineState:
    """The state of the request that is served inside its block, shared by all tasks that are started there."""

    __slots__ = ("_before", "written")

    def __init__(self) -> None:
        self.written = False
        self._before: Token[LineState | None] | None = None

    def __enter__(self) -> "LineState":
        self._before = _state.set(self)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._before is not None, "left without having been entered"
        _state.reset(self._before)


_state: ContextVar[LineState | None] = ContextVar("request_line", default=None)


def note_line() -> None:
    """Note that the record has written the line, or left it out."""
    if (own := _state.get()) is not None:
        own.written = True
