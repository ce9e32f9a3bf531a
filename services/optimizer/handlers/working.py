"""Where a text is worked on: short ones at once, long ones in a process that can be ended."""

from collections.abc import Callable
from typing import Final, Protocol, TypeVar

import msgspec

from libs.common import context
from libs.common.byte_shares import ByteShares
from libs.common.errors import Unavailable, from_message
from services.optimizer.work_items import Made, WorkItem

T = TypeVar("T")
# What is left of a caller's budget for the reply's way back. Whoever is told in time does not take the service for gone.
_WAY_BACK_MS = 5.0
# A caller's time begins before a long text is here.
_BYTES_A_MS: Final = 256 << 10
# Of the largest texts, so many may wait for a process at once; who comes after them is told so at once.
_LARGEST_AT_ONCE: Final = 8
_BESIDE_BYTES: Final = 4_096  # of a question, beside its text


class Ask(Protocol):
    """A pool of workers."""

    async def ask(self, owner: str, work: bytes, wait_seconds: float) -> bytes:
        """What a worker makes of it; `Unavailable` where none has time."""
        ...


class Working:
    """`inline_bytes` and fewer are worked on at once, more than `most_bytes` not at all."""

    def __init__(self, workers: Ask, inline_bytes: int, most_bytes: int) -> None:
        self._workers = workers
        self._inline_bytes = inline_bytes
        self._most_bytes = most_bytes
        self._waiting = ByteShares(_LARGEST_AT_ONCE * (most_bytes + _BESIDE_BYTES))

    async def make(
        self, size: int, owner: str, here: Callable[[], T], work: WorkItem, kind: type[T], budget_ms: float
    ) -> T:
        """The reply to one question. `Unavailable` where it is too long, or no process makes it in time."""
        if size > self._most_bytes:
            raise Unavailable(f"Texts of more than {self._most_bytes} bytes are sent as they are.")
        if size <= self._inline_bytes:
            return here()
        left = context.remaining_ms()
        given = msgspec.json.encode(work)
        ways = _WAY_BACK_MS + len(given) / _BYTES_A_MS
        wait = max(0.0, (budget_ms if left is None else left) - ways) / 1000
        with self._waiting.taken(owner, len(given)) as has_room:
            if not has_room:
                raise Unavailable("Too many long texts wait to be worked on.")
            made = msgspec.json.decode(await self._workers.ask(owner, given, wait), type=Made)
        if made.error is not None:
            raise from_message(made.error)
        return msgspec.json.decode(made.reply, type=kind)
