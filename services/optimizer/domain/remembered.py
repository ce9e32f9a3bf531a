"""Results of reading a text, remembered while there is room: history comes again with every request."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, fields, is_dataclass
from functools import wraps
from hashlib import blake2b
from typing import Any, Generic, TypeVar

from libs.common.byte_store import ByteStore

T = TypeVar("T")
Store = ByteStore[bytes, Any]
_BESIDE = 300  # bytes that an entry takes without its value
_OBJECT = 64  # bytes of a value that holds others, or none


def _go_on() -> None:
    """Whoever has no deadline goes on."""


@dataclass(frozen=True, slots=True)
class Memory:
    """Where results are kept, whose texts they are of, and what is called before a new one is made: it raises once the time is over,
    and what was made until then is there the next time. Owners share nothing: what one has asked shows nobody else, not even
    by its speed.
    """

    store: Store
    owner: str = ""
    before_more: Callable[[], None] = _go_on

    def get(self, parts: tuple[str | bytes, ...], make: Callable[[], T]) -> T:
        """What was made of these parts before, or what `make` makes now. It is shared, and never changed."""
        key = _digest(parts)
        known = self.store.get(self.owner, key)
        if known is not None:
            found: T = known[0]
            return found
        self.before_more()
        made = make()
        self.store.put(self.owner, key, (made,), _BESIDE + weight(made))
        return made

    @property
    def share(self) -> int:
        """Bytes of the largest value that is kept."""
        return self.store.share - _BESIDE

    def find(self, key: bytes) -> Any:
        """What was kept under a key of its own; None where nothing is."""
        return self.store.get(self.owner, key)

    def keep(self, key: bytes, value: Any, size: int, instead: bytes | None) -> None:
        """Keep a value of `size` bytes in the place of what is kept under another key."""
        if instead is not None:
            self.store.drop(self.owner, instead)
        self.store.put(self.owner, key, value, _BESIDE + size)


# For whoever calls a function of a text by itself.
_ALONE = Memory(ByteStore(8_000_000, 8_000_000))
_current: ContextVar[Memory] = ContextVar("memory", default=_ALONE)


@contextmanager
def remembering(memory: Memory) -> Iterator[Memory]:
    """Have the functions of a text remember there."""
    token = _current.set(memory)
    try:
        yield memory
    finally:
        _current.reset(token)


def current() -> Memory:
    """Where whoever is asked now remembers."""
    return _current.get()


class Remembered(Generic[T]):
    """A function of one text that knows its latest results, by digest: no text is kept."""

    def __init__(self, read: Callable[[str], T]) -> None:
        wraps(read)(self)
        self._read = read
        self._name = f"{read.__module__}.{read.__qualname__}"

    def __call__(self, text: str) -> T:
        return _current.get().get((self._name, text), lambda: self._read(text))

    def cache_clear(self) -> None:
        """Forget what was read for nobody in particular."""
        _ALONE.store.clear()


def remembered(read: Callable[[str], T]) -> Remembered[T]:
    """Decorates a function of one text. What it returns is shared, and never changed."""
    return Remembered(read)


def weight(value: Any) -> int:
    """About how many bytes a value takes. A letter has at most four."""
    if isinstance(value, str):
        return _OBJECT + 4 * len(value)
    if isinstance(value, tuple | list | set | frozenset):
        return _OBJECT + sum(8 + weight(one) for one in value)
    if isinstance(value, dict):
        return _OBJECT + sum(16 + weight(key) + weight(one) for key, one in value.items())
    if is_dataclass(value):
        return _OBJECT + sum(8 + weight(getattr(value, field.name)) for field in fields(value))
    return 32


def _digest(parts: tuple[str | bytes, ...]) -> bytes:
    digest = blake2b(digest_size=16)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        digest.update(b"%d:" % len(data))
        digest.update(data)
    return digest.digest()
