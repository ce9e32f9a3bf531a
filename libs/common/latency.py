"""Latencies in a histogram whose buckets grow by four percent: small, addable, and true to two percent.

A bucket is told by the middle of its range, so that it differs from every latency in it by at most √1.04 − 1, which is
1.98 percent. That holds from a microsecond up to 2.8 hours; what is shorter or longer counts as if it were just that.
"""

import math
from collections.abc import Mapping
from typing import Final

GROWTH: Final = math.log(1.04)
FIRST: Final = -176
LAST: Final = 411
SHORTEST_MS: Final = 0.001


def bucket(milliseconds: float) -> int:
    """The number of a latency's bucket."""
    return min(max(math.ceil(math.log(max(milliseconds, SHORTEST_MS)) / GROWTH), FIRST), LAST)


def percentile(share: float, counts: Mapping[int, int]) -> float | None:
    """The milliseconds that `share` (0 to 1) of the requests stayed within, by their counts; None without requests."""
    needed = share * sum(counts.values())
    counted = 0
    for number in sorted(counts):
        counted += counts[number]
        if counted >= needed and counted:
            return math.exp(GROWTH * (number - 0.5))
    return None
