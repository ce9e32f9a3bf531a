"""Conversations as they were read: a turn goes on from what the turn before has left, so that only what is new is read."""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from itertools import accumulate
from typing import Any, Final, TypeVar

import msgspec

from libs.common.beginnings import NOTHING, beginnings
from services.optimizer.domain.calls import Call, answers
from services.optimizer.domain.conversation import Message
from services.optimizer.domain.remembered import Memory
from services.optimizer.domain.window import joins

T = TypeVar("T")
Count = Callable[[Mapping[str, Any]], int]
_BESIDE: Final = 2_000  # bytes that a message takes beside its text
_OTHERWISE: Final = 2
_STEPS: Final = 4
_OF_A_SHARE: Final = 0.75  # what became of its messages needs room beside it
_object = msgspec.json.Decoder(dict[str, Any])


@dataclass(frozen=True)
class History:
    """Messages as they came, from the first on: `digests` are those of the beginnings that end with each, `sizes` about how many bytes
    each takes here, and `calls` what was called under which id. `kept_as` is the digest under which it was found.
    """

    messages: tuple[Message, ...] = ()
    digests: tuple[bytes, ...] = ()
    sizes: tuple[int, ...] = ()
    calls: Mapping[str, Call] = field(default_factory=dict)
    kept_as: bytes | None = None

    def first(self, count: int) -> "History":
        """The history of the first messages alone."""
        calls: dict[str, Call] = {}
        for message in self.messages[:count]:
            if message.calls_tools:
                answers(message.data, calls)
        return replace(
            self, messages=self.messages[:count], digests=self.digests[:count], sizes=self.sizes[:count], calls=calls
        )


@dataclass(frozen=True)
class _Within:
    """The beginning of a longer history, kept under this digest."""

    digest: bytes


class Histories:
    """Those of one owner, in one vocabulary. A conversation that goes on takes the place of what it was."""

    def __init__(self, memory: Memory, vocabulary: str, count: Count) -> None:
        self._memory = memory
        self._vocabulary = vocabulary
        self._count = count

    def read(self, raws: Sequence[msgspec.Raw], known: int = 0, beginning: bytes = NOTHING) -> History | None:
        """The history that ends with these messages; `known` messages of the digest `beginning` stand before them. None where nobody
        here has read those. Raises what `msgspec` does for what is no object, and whatever the memory does once the time is over;
        what was read until then is kept.
        """
        digests = beginnings(raws, beginning)
        # The longest beginning, for a copy that has missed a turn has not the same as the others.
        for at in range(len(digests), 0, -1):
            if (found := self._find(digests[at - 1], known + at)) is not None:
                return self._read_on(found, raws[at:], digests[at:])
        before = History() if known == 0 else self._find(beginning, known)
        return None if before is None else self._read_on(before, raws, digests)

    def _find(self, digest: bytes, count: int) -> History | None:
        found = self._memory.find(self._key(digest))
        for _ in range(_STEPS):
            if not isinstance(found, _Within):
                break
            found = self._memory.find(self._key(found.digest))  # which may have become the beginning of a longer one
        if not isinstance(found, History) or len(found.messages) < count or found.digests[count - 1] != digest:
            return None
        return found if len(found.messages) == count else found.first(count)

    def _keep(self, made: History, instead: bytes | None) -> None:
        """As much of it as one owner may have, and it under the digests of one and two messages fewer, too: many clients send the last ones
        otherwise, or not at all, a turn later.
        """
        size, most = sum(made.sizes), int(_OF_A_SHARE * self._memory.share)
        if size > most:
            made = made.first(sum(1 for so_far in accumulate(made.sizes) if so_far <= most))
            size = sum(made.sizes)
        if not made.messages:
            return
        digest = made.digests[-1]
        made = replace(made, kept_as=digest)
        self._memory.keep(
            self._key(digest), made, size, None if instead is None or instead == digest else self._key(instead)
        )
        for shorter in made.digests[-1 - _OTHERWISE : -1]:
            self._memory.keep(self._key(shorter), _Within(digest), 0, None)

    def _read_on(self, before: History, raws: Sequence[msgspec.Raw], digests: Sequence[bytes]) -> History:
        if not raws:
            return before
        messages, sizes, calls = list(before.messages), list(before.sizes), dict(before.calls)
        last = next((message for message in reversed(messages) if not message.is_system), None)
        try:
            for raw in raws:
                message = self._message(raw, len(messages), calls)
                if not message.is_system:
                    message = last = replace(message, joins=joins(last, message))
                messages.append(message)
                sizes.append(_BESIDE + _bytes_of(message, raw))
        finally:
            read = (*before.digests, *digests[: len(messages) - len(before.messages)])
            made = History(tuple(messages), read, tuple(sizes), calls)
            if len(messages) > len(before.messages):
                self._keep(made, before.kept_as)
        return made

    def _message(self, raw: msgspec.Raw, position: int, calls: dict[str, Call]) -> Message:
        data, digest = _object.decode(raw), blake2b(raw, digest_size=16).digest()
        tokens = self._memory.get(("tokens", self._vocabulary, digest), lambda: self._count(data))
        return Message(data, tokens, position, as_it_came=True, call=answers(data, calls), digest=digest)

    def _key(self, digest: bytes) -> bytes:
        return f"history {self._vocabulary} ".encode() + digest


class Beginnings:
    """See `Beginning`: remembers by digest, by how tokens are counted, and by which messages may not be changed."""

    def __init__(
        self, memory: Memory, vocabulary: str, history: History, held: Iterable[int], fixed: Iterable[int]
    ) -> None:
        self._memory = memory
        self._vocabulary = vocabulary
        self._digests = history.digests
        self._held = sorted(held)
        self._fixed = sorted(fixed)

    def once(self, count: int, name: str, make: Callable[[], T]) -> T:
        """What `make` finds out about the first `count` messages."""
        bound = [[at for at in some if at < count] for some in (self._held, self._fixed)]
        return self._memory.get(("beginning", self._vocabulary, self._digests[count - 1], f"{bound} {name}"), make)


def _bytes_of(message: Message, raw: msgspec.Raw) -> int:
    """Of its text in memory: the bytes it came in, or more where some of its letters take several each."""
    wide = sum(sys.getsizeof(text) for text in message.texts() if not text.isascii())
    return len(raw) + wide
