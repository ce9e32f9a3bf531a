"""Learns which beginnings of prompts come again, and so which are worth a provider's write premium."""

from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from libs.common.byte_lru import ByteLru
from libs.common.contracts.events import TokenClasses
from services.gateway.domain import prefix_writes
from services.gateway.domain.prefix_writes import Beginning, Breakpoints, Gaps, Lifetime, Place, Rates

_SOON, _HOUR, _DAY = 300.0, 3_600.0, 86_400.0  # seconds
_GAPS = 64
_ENTRY = 300  # bytes
# A request of which nothing is known yet writes only a beginning that is worth the try.
_FIRST_FIXED = 2_000
# Writes of one shape that nobody has read, and shapes of one organization that were never read: more are not risked.
_UNREAD = 2
_SHAPES_TRIED = 3
# Shapes that came again speak for others of the same organization.
_MORE_FOR_EACH = 4
_SEEN_ENOUGH = 3
_OFTEN_CONTINUED = 0.3


@dataclass(slots=True)
class _Shape:
    """Counts of one organization's prompts of one shape; all but the gaps are halved each day."""

    begun: float
    last: float | None = None
    requests: int = 0
    continued: int = 0
    arrivals: Gaps = field(default_factory=Gaps)
    turns: Gaps = field(default_factory=Gaps)
    read: int = 0
    written: int = 0
    written_1h: int = 0
    unread: dict[Lifetime, int] = field(default_factory=dict)

    def age(self, now: float) -> None:
        """Forget half of what was counted, a day later."""
        if now - self.begun < _DAY:
            return
        self.begun = now
        self.requests, self.continued = self.requests // 2, self.continued // 2
        self.read, self.written, self.written_1h = self.read // 2, self.written // 2, self.written_1h // 2
        self.unread = {name: count // 2 for name, count in self.unread.items()}


@dataclass(slots=True)
class _Conversation:
    """When its last turn came, and what is cached of it since when; None: nothing."""

    last: float
    cached: Lifetime | None = None
    cached_at: float = 0.0

    def warm(self, now: float) -> Lifetime | None:
        """What the provider still has of it."""
        return self.cached if now - self.cached_at < (_HOUR if self.cached == "1h" else _SOON) else None


@dataclass(slots=True)
class _Tries:
    """How many shapes of an organization were written for the first time, and how many of those were read."""

    begun: float
    tried: int = 0
    proven: int = 0


class PrefixReuse:
    """What one gateway knows, bounded in memory and for each organization. Times are monotonic seconds."""

    def __init__(self, clock: Callable[[], float], memory_bytes: int = 8 << 20) -> None:
        self._clock = clock
        self._shapes = ByteLru[tuple[Place, bytes], _Shape](memory_bytes // 2)
        self._conversations = ByteLru[tuple[Place, bytes], _Conversation](memory_bytes // 2)
        self._tries = ByteLru[str, _Tries](memory_bytes // 8)

    def decide(self, place: Place, beginning: Beginning, rates: Rates) -> Breakpoints | None:
        """What is to be cached of this prompt; None: nothing. Takes note that it came."""
        now = self._clock()
        shape, conversation = self._arrived(place, beginning, now)
        if beginning.continues and (warm := conversation.warm(now)) is not None:
            # What was written is lost unless it is asked for.
            conversation.cached_at = now
            return Breakpoints(place=place, shape=beginning.shape, lifetime=warm, turns=True)
        often = shape.requests >= _SEEN_ENOUGH and shape.continued >= _OFTEN_CONTINUED * shape.requests
        turns = beginning.continues or often
        if turns:
            kept, new, gaps = beginning.fixed + beginning.earlier + beginning.newest, beginning.newest, shape.turns
        else:
            kept, new, gaps = beginning.fixed, 0, shape.arrivals
        if not kept or (not turns and not shape.read and kept < _FIRST_FIXED):
            return None
        lifetime = prefix_writes.lifetime(gaps, rates, kept=kept, new=new)
        if lifetime is None or not self._may_write(place.org_id, shape, kept, lifetime, rates):
            return None
        shape.unread[lifetime] = shape.unread.get(lifetime, 0) + 1
        conversation.cached, conversation.cached_at = lifetime, now
        return Breakpoints(place=place, shape=beginning.shape, lifetime=lifetime, turns=turns)

    def note(self, made: Breakpoints, tokens: TokenClasses) -> None:
        """Take note of what the provider has read and written; nothing, where the call has failed."""
        shape = self._shapes.get((made.place, made.shape))
        if shape is None:
            return
        written = tokens.cache_write_5m + tokens.cache_write_1h
        if tokens.cache_read:
            if not shape.read:
                self._tries_of(made.place.org_id, self._clock()).proven += 1
            shape.unread.clear()
        elif not written:  # too short to be cached, or failed: at no cost
            shape.unread[made.lifetime] = max(0, shape.unread.get(made.lifetime, 0) - 1)
        shape.read += tokens.cache_read
        shape.written += tokens.cache_write_5m
        shape.written_1h += tokens.cache_write_1h

    def _arrived(self, place: Place, beginning: Beginning, now: float) -> tuple[_Shape, _Conversation]:
        key = (place, beginning.shape)
        shape = self._shapes.get(key)
        if shape is None:
            shape = _Shape(begun=now)
            self._shapes.put(key, shape, _ENTRY, place.org_id)
        shape.age(now)
        if shape.last is not None:
            shape.arrivals = _with(shape.arrivals, now - shape.last)
        shape.last = now
        shape.requests += 1
        name = (place, beginning.conversation)
        conversation = self._conversations.get(name)
        if beginning.continues:
            shape.continued += 1
            if conversation is not None:
                shape.turns = _with(shape.turns, now - conversation.last)
        if conversation is None:
            conversation = _Conversation(last=now)
            self._conversations.put(name, conversation, _ENTRY, place.org_id)
        conversation.last = now
        return shape, conversation

    def _may_write(self, org_id: str, shape: _Shape, kept: int, lifetime: Lifetime, rates: Rates) -> bool:
        if shape.read:
            # A loss is given no more room than what one write costs: the next read may make up for it.
            saved = prefix_writes.net_saved(rates, read=shape.read, written=shape.written, written_1h=shape.written_1h)
            return saved >= -kept * prefix_writes.premium(rates, lifetime)
        if shape.unread or shape.written or shape.written_1h:
            return shape.unread.get(lifetime, 0) < _UNREAD
        tries = self._tries_of(org_id, self._clock())
        if tries.tried >= _SHAPES_TRIED + _MORE_FOR_EACH * tries.proven:
            return False
        tries.tried += 1
        return True

    def _tries_of(self, org_id: str, now: float) -> _Tries:
        tries = self._tries.get(org_id)
        if tries is None or now - tries.begun >= _DAY:
            known = tries or _Tries(begun=now)
            tries = _Tries(begun=now, tried=known.tried // 2, proven=known.proven // 2)
            self._tries.put(org_id, tries, _ENTRY, org_id)
        return tries


def _with(gaps: Gaps, seconds: float) -> Gaps:
    if gaps.soon + gaps.within_hour + gaps.later >= _GAPS:
        gaps = Gaps(gaps.soon // 2, gaps.within_hour // 2, gaps.later // 2)
    if seconds < _SOON:
        return msgspec.structs.replace(gaps, soon=gaps.soon + 1)
    if seconds < _HOUR:
        return msgspec.structs.replace(gaps, within_hour=gaps.within_hour + 1)
    return msgspec.structs.replace(gaps, later=gaps.later + 1)
