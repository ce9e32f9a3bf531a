"""Typed descriptors of what crosses the bus: a subject, the structs that travel on it, and the time it may take."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar

import msgspec

# What decoding raises for bytes that are not the message they should be: msgspec leaves bad UTF-8 to Python's own error.
DECODE_ERRORS = (msgspec.MsgspecError, UnicodeDecodeError)

Req = TypeVar("Req")
Rep = TypeVar("Rep")
Payload = TypeVar("Payload")


_decoder: Callable[[Any], msgspec.json.Decoder[Any]] = cache(msgspec.json.Decoder)


def decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    """The decoder of a type or union, made once: making one takes ten times as long as using it."""
    return _decoder(kind)


@dataclass(frozen=True, slots=True)
class Rpc(Generic[Req, Rep]):
    """A call that one service answers. `reply` may be a tagged union; `budget_ms` is how long a caller waits."""

    subject: str
    request: type[Req]
    reply: Any
    budget_ms: int

    @property
    def service(self) -> str:
        """The service that answers, which is also its queue group: the third part of the subject."""
        return self.subject.split(".")[2]


@dataclass(frozen=True, slots=True)
class Event(Generic[Payload]):
    """A fact. `durable` ones are kept in JetStream until every consumer has them; others reach whoever listens now."""

    subject: str
    payload: type[Payload]
    durable: bool


@dataclass(frozen=True, slots=True)
class Bucket:
    """Small values by key, each kept for `max_age` seconds, or, with `own_ages`, for less where that is said when it is put; the newest
    of each key. A key is made of `A-Za-z0-9_-.`.
    """

    name: str
    max_age: float
    max_bytes: int = 256 << 20
    own_ages: bool = False


@dataclass(frozen=True, slots=True)
class SharedCounter:
    """Sums by key that all copies of a service add to, each kept for `max_age` seconds after its last change.

    `on_disk` sums outlive the server's process; the others are faster, and lost with it.
    """

    name: str
    max_age: float
    on_disk: bool = False
