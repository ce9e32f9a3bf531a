"""Latencies in a histogram whose buckets grow by five percent: small, addable, and true to 2.5 percent."""

import math
from collections.abc import Mapping
from typing import Final

_GROWTH: Final = math.log(1.05)
_LAST: Final = 330  # about 2.7 hours; nothing that takes longer needs to be told apart


def bucket(milliseconds: float) -> int:
    """The bucket of a latency; the first one holds everything up to a millisecond."""
    if milliseconds <= 1:
        return 0
    return min(math.ceil(math.log(milliseconds) / _GROWTH), _LAST)


def percentile(share: float, counts: Mapping[int, int]) -> float | None:
    """The latency in milliseconds that `share` (0 to 1) of the requests stayed within; None without requests."""
    needed = share * sum(counts.values())
    counted = 0
    for number in sorted(counts):
        counted += counts[number]
        if counted >= needed and counted:
            return math.exp(_GROWTH * (number - 0.5)) if number else 1.0
    return None
