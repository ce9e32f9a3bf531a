"""What alerts needs to know of a finished request."""

from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from libs.common.contracts.events import CompletionFinished
from libs.common.ids import is_id, time_ms
from libs.common.latency import bucket
from services.alerts.domain.scopes import scopes_of

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One request, to be counted once: `at` is the time in its id, costs are nano-dollars or unknown, `scopes` are those that a rule may
    have it counted under.
    """

    org_id: str
    at: datetime
    id: str
    failed: bool
    cost_nano: int | None
    baseline_nano: int | None
    bucket: int
    scopes: tuple[str, ...] = ()


def sample(event: CompletionFinished) -> Sample:
    """`ValueError` for an event without a request's id: it has no place in time."""
    if not is_id(event.id, "req"):
        raise ValueError("the event's id is not a request's")
    return Sample(
        org_id=event.org_id,
        at=_EPOCH + timedelta(milliseconds=time_ms(event.id)),
        id=event.id,
        failed=event.status == "error",
        cost_nano=event.actual_cost_nano,
        baseline_nano=event.baseline_cost_nano,
        bucket=bucket(event.latency_ms),
        scopes=scopes_of(event),
    )
