"""What belongs to the request at hand and travels with it: its id and its deadline.

A deadline crosses process borders as the milliseconds that are left, and lives inside a process as monotonic seconds: no
clock's time of day has a say in it.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)


def request_id() -> str | None:
    """The request that this task works for."""
    return _request_id.get()


def remaining_ms() -> float | None:
    """Milliseconds left of the deadline, negative when past it; None without one."""
    deadline = _deadline.get()
    return None if deadline is None else (deadline - time.monotonic()) * 1000


@contextmanager
def bound(*, request_id: str | None, budget_ms: float | None = None) -> Iterator[None]:
    """Bind an id and a budget to everything that runs inside the block. An outer deadline that ends sooner stays."""
    deadline = _deadline.get()
    if budget_ms is not None:
        mine = time.monotonic() + budget_ms / 1000
        deadline = mine if deadline is None else min(deadline, mine)
    id_token, deadline_token = _request_id.set(request_id), _deadline.set(deadline)
    try:
        yield
    finally:
        _request_id.reset(id_token)
        _deadline.reset(deadline_token)
