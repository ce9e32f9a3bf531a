"""Whether a day's spend is out of the ordinary: beside the same days of the week before, in robust deviations.

The usual is the larger of two medians: of the last eight same weekdays, and of the last seven days, so that growth and a lasting
change are usual after four days. A deviation is the median distance (MAD) of all days of these weeks from the median of their weekday, as
a share of it, times 1.4826, which makes it a standard deviation where days are normally distributed (Rousseeuw and Croux, 1993).
"""

from collections.abc import Sequence
from statistics import median
from typing import Final

import msgspec

HISTORY_DAYS: Final = 8 * 7
_LEAST_WEEKS: Final = 4
_TO_SIGMA: Final = 1.4826
# A deviation is no smaller than this: where every day is nearly like the other, a few cents more are no news.
_LEAST_SHARE: Final = 0.1
_LEAST_NANO: Final = 200_000_000


class Anomaly(msgspec.Struct, frozen=True, kw_only=True):
    """How many deviations today's spend is above the usual (never below zero), and what is usual, in nano-dollars."""

    deviations: float
    usual_nano: int


def anomaly(days: Sequence[int]) -> Anomaly | None:
    """Of nano-dollars by day without gaps, the last one today's so far; None where there is nothing to compare with.

    That is with fewer than four whole weeks before today, and where such a day usually costs nothing. The first day was counted
    only in part, and is left out.
    """
    history = days[1:-1][-HISTORY_DAYS:]
    weekdays = [
        history[::-1][offset::7] for offset in range(7)
    ]  # the seventh, counted from yesterday backwards, is today's
    if len(weekdays[6]) < _LEAST_WEEKS:
        return None
    usual = max(median(weekdays[6]), median(history[-7:]))
    if usual <= 0:
        return None
    distances = [
        abs(spend - middle) / middle for weekday in weekdays if (middle := median(weekday)) > 0 for spend in weekday
    ]
    spread = _TO_SIGMA * median(distances) if distances else 0.0
    deviation = max(spread * usual, _LEAST_SHARE * usual, _LEAST_NANO)
    return Anomaly(deviations=max(0.0, (days[-1] - usual) / deviation), usual_nano=round(usual))
