"""Which provider keys are being left alone for which model: after a refusal for a while, after failures until a probe works."""

import math
from collections import OrderedDict
from collections.abc import Callable

import msgspec

from services.gateway.domain.attempts import Failure, transient
from services.gateway.domain.targets import Target
from services.gateway.state.breaker import Breaker

_LONGEST_COOL_DOWN = 60.0
_KEY_REFUSED_SECONDS = 30.0


class _State(msgspec.Struct):
    breaker: Breaker
    cool_until: float = -math.inf
    because: Failure | None = None


class ProviderHealth:
    """By (key, model). A provider that limits a key is not broken: 429 cools down, and leaves the breaker as it is."""

    def __init__(self, clock: Callable[[], float], entries: int = 20_000) -> None:
        self._clock = clock
        self._entries = entries
        self._found: OrderedDict[tuple[str, str], _State] = OrderedDict()

    def circuit_open(self, target: Target, key: int) -> Failure | None:
        """Why this key is not to be used for this model now; None: go ahead, and say how it went."""
        found = self._found.get(_name(target, key))
        if found is None:
            return None
        if (left := found.cool_until - self._clock()) > 0 and found.because is not None:
            known = found.because
            return Failure(known.kind, known.message, status=known.status, code=known.code, retry_after=left)
        if not found.breaker.allow():
            return Failure("resting", "The provider is left alone after a run of failures.")
        return None

    def succeeded(self, target: Target, key: int) -> None:
        """The call was answered."""
        if self._found:
            self._found.pop(_name(target, key), None)

    def failed(self, target: Target, key: int, failure: Failure) -> None:
        """The call was not. A malformed answer opens no circuit: the next request may well get a good one."""
        found = self._found.setdefault(_name(target, key), _State(Breaker(self._clock)))
        self._found.move_to_end(_name(target, key))
        if len(self._found) > self._entries:
            self._found.popitem(last=False)
        if failure.kind == "malformed":
            if found.breaker.open:
                found.breaker.succeeded()
            return  # it answered: what is odd about one answer says nothing of the next
        if transient(failure):
            found.breaker.failed()
        elif failure.status == 429 and failure.retry_after is not None:
            found.cool_until = self._clock() + min(failure.retry_after, _LONGEST_COOL_DOWN)
            found.because = failure
        elif failure.status in (401, 403) and len(target.keys) > 1:
            found.cool_until, found.because = self._clock() + _KEY_REFUSED_SECONDS, failure
        elif failure.status != 429:
            found.breaker.succeeded()  # it refused the request, so it is alive


def _name(target: Target, key: int) -> tuple[str, str]:
    own = target.keys[key]
    return f"{own.id}:{own.sealed[-16:]}", target.served_model
