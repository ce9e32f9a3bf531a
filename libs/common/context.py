"""What belongs to the request at hand and travels with it: its id and its deadline.

A deadline crosses process borders as the milliseconds that are left, and lives inside a process as monotonic seconds: no
clock's time of day has a say in it.
"""

import time
from contextvars import ContextVar, Token

_request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)


def request_id() -> str | None:
    """The request that this task works for."""
    return _request_id.get()


def remaining_ms() -> float | None:
    """Milliseconds left of the deadline, negative when past it; None without one."""
    deadline = _deadline.get()
    return None if deadline is None else (deadline - time.monotonic()) * 1000


class _Bound:
    """Written out, because each request has several."""

    __slots__ = ("_budget_ms", "_deadline", "_id", "_request_id")

    def __init__(self, request_id: str | None, budget_ms: float | None) -> None:
        self._request_id = request_id
        self._budget_ms = budget_ms
        self._id: Token[str | None] | None = None
        self._deadline: Token[float | None] | None = None

    def __enter__(self) -> None:
        deadline = _deadline.get()
        if self._budget_ms is not None:
            mine = time.monotonic() + self._budget_ms / 1000
            deadline = mine if deadline is None else min(deadline, mine)
        self._id, self._deadline = _request_id.set(self._request_id), _deadline.set(deadline)

    def __exit__(self, *_: object) -> None:
        assert self._id is not None, "left without having been entered"
        assert self._deadline is not None, "left without having been entered"
        _request_id.reset(self._id)
        _deadline.reset(self._deadline)


def bound(*, request_id: str | None, budget_ms: float | None = None) -> _Bound:
    """Bind an id and a budget to everything that runs inside the block. An outer deadline that ends sooner stays."""
    return _Bound(request_id, budget_ms)
