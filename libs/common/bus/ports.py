"""The bus as a service sees it: typed calls and events. Two implementations pass one test suite: memory and NATS."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from libs.common.contracts.base import Bucket, Event, Payload, Rep, Req, Rpc, SharedCounter

Handler = Callable[[Req], Awaitable[Rep]]
Listener = Callable[[Payload], Awaitable[None]]
BatchHandler = Callable[[Sequence[Payload]], Awaitable[None]]


class Bus(Protocol):
    """Every message carries the request's id, deadline and trace; a handler finds them in `libs.common.context`."""

    @property
    def connected(self) -> bool:
        """Whether a call has a chance right now."""
        ...

    def time(self) -> float | None:
        """Seconds since the epoch on the clock that all who share the bus have in common; None where nobody has read it."""
        ...

    async def serve(self, rpc: Rpc[Req, Rep], handler: Handler[Req, Rep], *, concurrency: int = 64) -> None:
        """Answer `rpc`, up to `concurrency` requests at once, sharing the work with other copies of the service.

        A `PromptlyError` that the handler raises reaches the caller as itself; anything else reaches it as an `Internal`
        that names only the request. Work whose deadline has passed is dropped.
        """
        ...

    async def call(self, rpc: Rpc[Req, Rep], request: Req, *, budget_ms: float | None = None) -> Rep:
        """Ask, and wait no longer than the budget or the current deadline, whichever comes first.

        Raises `NotConnected` or `NoResponders` at once, `DeadlineExceeded` when the budget is spent, and whatever
        `PromptlyError` the other side raised.
        """
        ...

    async def emit(self, event: Event[Payload], payload: Payload, *, event_id: str = "") -> None:
        """Tell. A durable event is stored, once per `event_id`, when this returns; otherwise `NotConnected` or
        `DeadlineExceeded` is raised; `PayloadTooLarge` for what will never be. Other events are sent to whoever listens now.
        """
        ...

    async def listen(self, event: Event[Payload], listener: Listener[Payload]) -> None:
        """Hear every live event of this kind (each copy of a service hears it)."""
        ...

    async def consume(
        self,
        event: Event[Payload],
        consumer: str,
        handler: BatchHandler[Payload],
        *,
        batch: int = 500,
        wait_ms: int = 200,
    ) -> None:
        """Take durable events in batches, shared by all copies that name the same `consumer`.

        A batch is done when the handler returns; when it raises, the batch is split until the one event that fails is
        alone, and that one is tried again later and then set aside as a dead letter.
        """
        ...

    async def pending(self, event: Event[Payload], consumer: str) -> int:
        """Durable events that `consumer` has not finished yet."""
        ...

    async def put(self, bucket: Bucket, key: str, value: bytes, *, max_age: float | None = None) -> None:
        """Keep a value, for `max_age` seconds (None: as long as the bucket does; any other needs the bucket's `own_ages`).
        `NotConnected` or `DeadlineExceeded` where that is not certain, `PayloadTooLarge` for what will never be kept.
        """
        ...

    async def get(self, bucket: Bucket, key: str) -> bytes | None:
        """The value that was put last, if it is not too old. Raises as `put` does."""
        ...

    async def revised(self, bucket: Bucket, key: str) -> tuple[bytes | None, int]:
        """The value as `get` finds it, and its revision: 0 for none. Raises as `put` does."""
        ...

    async def replace(
        self, bucket: Bucket, key: str, value: bytes, revision: int, *, max_age: float | None = None
    ) -> int | None:
        """Put a value in the place of the one with this revision (0: where there is none), and give its own; None where another
        one stands there by now. Raises as `put` does.
        """
        ...

    async def keys(self, bucket: Bucket, pattern: str) -> list[str]:
        """The keys that a pattern fits, in order: `*` stands for what is between two dots, a last `>` for all that follows. Raises
        as `put` does.
        """
        ...

    async def delete(self, bucket: Bucket, key: str) -> None:
        """Remove a value; with a key that ends in `.>`, all values whose keys begin so. Raises as `put` does."""
        ...

    async def add(self, tally: SharedCounter, key: str, amount: int) -> int:
        """Add to a sum, and see the new one. Raises as `put` does."""
        ...

    async def total(self, tally: SharedCounter, key: str) -> int | None:
        """A sum as it is; None where nothing was ever added to it. Raises as `put` does."""
        ...

    async def drain(self) -> None:
        """Stop taking work, finish what is in hand, then disconnect."""
        ...
