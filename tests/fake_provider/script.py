"""What the provider does next, per model: a list of steps, each used once, then the normal answer again."""

from collections import defaultdict, deque
from typing import Any

import msgspec


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One scripted reaction. Nothing set: the normal answer.

    `status` ≠ 200 answers with that error. `delay` and `chunk_delay` are seconds. `cut_after` closes a stream's connection
    after so many chunks; `malformed` answers with something that is not JSON; `hang` never answers; `usage` = false leaves
    the usage out.
    """

    status: int = 200
    message: str = "The server had an error."
    code: str | None = None
    param: str | None = None
    headers: dict[str, str] = {}
    delay: float = 0
    chunk_delay: float = 0
    content: str | None = None
    tool_calls: list[dict[str, Any]] | None = None
    finish_reason: str | None = None
    cut_after: int | None = None
    error_after: int | None = None
    malformed: bool = False
    hang: bool = False
    usage: bool = True
    cached_tokens: int = 0
    repeat: int = 1


class Script:
    """Steps by model name; "*" is for every model without steps of its own."""

    def __init__(self) -> None:
        self._steps: dict[str, deque[Step]] = defaultdict(deque)

    def add(self, model: str, steps: list[Step]) -> None:
        """Queue steps; `repeat` queues one so many times."""
        for step in steps:
            self._steps[model].extend([step] * step.repeat)

    def next(self, model: str) -> Step:
        """The step for the request that has just come."""
        for name in (model, "*"):
            if self._steps[name]:
                return self._steps[name].popleft()
        return Step()

    def clear(self) -> None:
        """Forget everything."""
        self._steps.clear()
