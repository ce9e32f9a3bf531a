"""Which hours of the request log are exported when, and under which names."""

from datetime import datetime, timedelta
from typing import Final

HOUR: Final = timedelta(hours=1)
# What was received shortly before an hour's end may be committed shortly after it, and clocks of several copies differ.
_GRACE: Final = timedelta(minutes=5)
_BACK: Final = timedelta(days=7)


def hour_of(time: datetime) -> datetime:
    """The beginning of its hour."""
    return time.replace(minute=0, second=0, microsecond=0)


def first_hour(now: datetime) -> datetime:
    """Where an export begins that was not there before."""
    return hour_of(now - _BACK)


def is_over(hour: datetime, now: datetime) -> bool:
    """Whether nothing is added to this hour any more."""
    return hour + HOUR + _GRACE <= now


def object_name(prefix: str, hour: datetime, part: int) -> str:
    """The same for the same part of the same hour, whoever writes it and how often. `part` counts from 0."""
    return f"{prefix}date={hour:%Y-%m-%d}/hour={hour:%H}/part-{part:04d}.jsonl.gz"
