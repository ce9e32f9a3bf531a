"""Queries and answers about captured requests."""

from typing import Annotated, Self

import msgspec
from msgspec import Meta

from libs.common.contracts.gateway import Captured, CapturedKind, CapturedText, CaptureList
from services.auth.schemas import Answer, Time, iso_ms

MOST_DAYS = 31


class CapturesQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From and to as ISO 8601, or the last `days`, 31 days at most; the newest `limit` of the period."""

    from_: str | None = msgspec.field(name="from", default=None)
    to: str | None = None
    days: Annotated[int, Meta(ge=1, le=MOST_DAYS)] = 1
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100


class Capture(Answer, frozen=True, kw_only=True):
    """A captured request without its text; the rest of what is known stands in the request log, under the same id. `user_id` is the
    member whose key it came with, `bytes` are of its body.
    """

    id: str
    kind: CapturedKind
    time: Time
    user_id: str | None
    bytes: int

    @classmethod
    def of(cls, one: Captured) -> Self:
        """From what the gateway knows."""
        return cls(id=one.id, kind=one.kind, time=iso_ms(one.time_ms), user_id=one.user_id, bytes=one.bytes)


class Captures(Answer, frozen=True, kw_only=True):
    """Newest first; `total` counts also those that are not listed."""

    captures: tuple[Capture, ...]
    total: int

    @classmethod
    def of(cls, found: CaptureList) -> Self:
        """From what the gateway lists."""
        return cls(captures=tuple(Capture.of(one) for one in found.captures), total=found.total)


class CaptureText(Answer, frozen=True, kw_only=True):
    """A captured request with its text: `body` is what the client sent, as it was."""

    capture: Capture
    body: msgspec.Raw

    @classmethod
    def of(cls, found: CapturedText) -> Self:
        """From what the gateway opened."""
        return cls(capture=Capture.of(found.captured), body=found.body)


class Erased(Answer, frozen=True, kw_only=True):
    """How many captured requests are gone."""

    erased: int
