"""Names for a provider's prompt caches, where an application sends more than one of its machines takes."""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b

from libs.common.byte_lru import ByteLru
from services.gateway.domain.prefix_writes import Place

_MINUTE = 60.0
# Of one beginning and one key a machine takes about 15 requests a minute; what is more goes to others, which have cached nothing of it.
# Keys are doubled from there on, and halved when each has a third of it.
_MOST, _LEAST = 15, 5
_MOST_KEYS = 256
# What has been said in a conversation is worth a key of its own where most requests go on with one, within the time that caches last.
_MOSTLY = 0.5
_LASTS = 300.0
_ENTRY = 150  # bytes


@dataclass(slots=True)
class _Minutes:
    """Requests in the minute that began at `begun` and in the one before, how many went on with a conversation, and over how many keys
    they go.
    """

    begun: float
    count: int = 0
    before: int = 0
    again: int = 0
    again_before: int = 0
    keys: int = 1

    def take(self, now: float, *, again: bool) -> None:
        """One more has come."""
        if (passed := now - self.begun) >= _MINUTE:
            recent = passed < 2 * _MINUTE
            self.before, self.again_before = (self.count, self.again) if recent else (0, 0)
            self.begun, self.count, self.again = now - passed % _MINUTE, 0, 0
        self.count += 1
        self.again += again
        share = 1 - (now - self.begun) / _MINUTE
        rate, going_on = self.count + self.before * share, self.again + self.again_before * share
        if rate > _MOST * self.keys and going_on >= _MOSTLY * rate:
            self.keys = min(2 * self.keys, _MOST_KEYS)
        elif rate < _LEAST * self.keys or going_on < _MOSTLY / 2 * rate:
            self.keys = max(self.keys // 2, 1)


class CacheKeys:
    """What one gateway sees of its applications' rates, bounded in memory and for each organization. Times are monotonic seconds."""

    def __init__(self, clock: Callable[[], float], memory_bytes: int = 4 << 20) -> None:
        self._clock = clock
        self._rates = ByteLru[tuple[Place, bytes], _Minutes](memory_bytes // 2)
        self._seen = ByteLru[tuple[str, str], float](memory_bytes // 2)

    def key(self, place: Place, shape: bytes, conversation: str) -> str | None:
        """The key under which this conversation's requests find each other, without anything of what its client calls it. None while all
        of the application's requests go to one machine anyway, and where they are conversations of one turn: these read from the
        cache what they have in common, and a key of its own would take that from each. Takes note that a request came. `shape` is a
        digest of what the application sends each time, `conversation` one of what stays over turns.
        """
        now, name = self._clock(), (place.org_id, conversation)
        last = self._seen.get(name)
        self._seen.put(name, now, _ENTRY, place.org_id)
        minutes = self._rates.get((place, shape))
        if minutes is None:
            minutes = _Minutes(begun=now)
            self._rates.put((place, shape), minutes, _ENTRY, place.org_id)
        minutes.take(now, again=last is not None and now - last < _LASTS)
        if minutes.keys == 1:
            return None
        number = int.from_bytes(_digest(place.org_id, conversation.encode())) % minutes.keys
        return _digest(place.org_id, shape + number.to_bytes(4)).hex()


def _digest(org_id: str, value: bytes) -> bytes:
    key = blake2b(org_id.encode(), digest_size=32).digest()
    return blake2b(value, key=key, person=b"cache key", digest_size=12).digest()
