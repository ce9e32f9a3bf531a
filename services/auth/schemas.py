"""What bodies and answers of the API have in common: bounded text, the base of answers, and how times and money are written."""

from datetime import UTC, datetime
from typing import Annotated, TypeAlias

import msgspec
from msgspec import Meta

from libs.common.money import usd

# Postgres cannot store U+0000, so no text that is kept may hold it.
Text = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
OptionalText = Annotated[str, Meta(max_length=200, pattern=r"^[^\x00]*$")]
# ISO 8601 with milliseconds and a Z. A string that `iso` writes, because msgspec writes a datetime with microseconds.
Time: TypeAlias = str
Rate = Annotated[float, Meta(ge=0, le=1)]


class Answer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The base of every answer; by the document it has no other fields."""


def iso(moment: datetime) -> Time:
    """A moment in UTC."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def iso_ms(ms: int) -> Time:
    """Milliseconds since the epoch."""
    return iso(datetime.fromtimestamp(ms / 1000, UTC))


def optional_iso_ms(ms: int | None) -> Time | None:
    """Milliseconds since the epoch, None where they are unknown."""
    return None if ms is None else iso_ms(ms)


def optional_usd(nano: int | None) -> float | None:
    """Nano-dollars as dollars, None where they are unknown."""
    return None if nano is None else usd(nano)
