"""What is sent to a channel, and when it is tried again."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final, Literal

import msgspec

from libs.common.contracts.alerts import AlertEvent, AlertRule, AlertScope, EventMetric, Operator
from libs.common.contracts.events import DeferredEnded
from services.alerts.domain.messages import Kind, sentence

# Four hours and a half in all: long enough for a mail server's bad night, short enough that the news is still news.
_PAUSES: Final = tuple(timedelta(seconds=seconds) for seconds in (10, 30, 120, 600, 1800, 3600, 10_000))


class OutgoingNotification(msgspec.Struct, frozen=True, kw_only=True):
    """One message for one channel. `id` stays the same however often it is tried, so that a receiver can tell a repetition.

    `value` is None for a test, which measures nothing.
    """

    id: str
    org_id: str
    rule_id: str
    rule_name: str
    metric: EventMetric
    operator: Operator
    threshold: float
    window_minutes: int
    kind: Kind
    value: float | None
    forecast: float | None
    message: str
    time_ms: int
    data_as_of_ms: int | None
    scope: AlertScope = AlertScope()


class DeferredNotification(msgspec.Struct, frozen=True, kw_only=True):
    """That a request which waited has its answer, for the webhook that its client named. Times are ms since the epoch."""

    id: str
    org_id: str
    webhook_id: str
    request_id: str
    status: Literal["completed", "failed"]
    created_ms: int
    deadline_ms: int
    time_ms: int


AnyNotification = OutgoingNotification | DeferredNotification


def deferred_notification(ended: DeferredEnded) -> DeferredNotification:
    """The message about a request that waited. However often it is published, its id is the same."""
    return DeferredNotification(
        id=f"ntf_{ended.request_id.removeprefix('req_')}",
        org_id=ended.org_id,
        webhook_id=ended.webhook_id,
        request_id=ended.request_id,
        status=ended.status,
        created_ms=ended.created_ms,
        deadline_ms=ended.deadline_ms,
        time_ms=ended.time_ms,
    )


def notification_of(rule: AlertRule, event: AlertEvent, notice_id: str) -> OutgoingNotification:
    """The message about a firing or a recovery."""
    return OutgoingNotification(
        id=notice_id,
        kind=event.kind,
        value=event.value,
        forecast=event.forecast,
        message=event.message,
        time_ms=event.time_ms,
        data_as_of_ms=event.data_as_of_ms,
        **_rule_fields(rule),
    )


def notification_without_rule(event: AlertEvent, notice_id: str) -> OutgoingNotification:
    """The message about a lever that the guard has switched off, or a budget without room; it stands in the place of a rule."""
    return OutgoingNotification(
        id=notice_id,
        org_id=event.org_id,
        rule_id=event.rule_id,
        rule_name=event.rule_name,
        metric=event.metric,
        operator="gt",
        threshold=event.threshold,
        window_minutes=0,
        kind=event.kind,
        value=event.value,
        forecast=None,
        message=event.message,
        time_ms=event.time_ms,
        data_as_of_ms=event.data_as_of_ms,
    )


def test_notification(rule: AlertRule, notice_id: str, time_ms: int) -> OutgoingNotification:
    """A message that says it is a test."""
    return OutgoingNotification(
        id=notice_id,
        kind="test",
        value=None,
        forecast=None,
        message=sentence(rule, "test", 0.0),
        time_ms=time_ms,
        data_as_of_ms=None,
        **_rule_fields(rule),
    )


def retry_after(attempts: int) -> timedelta | None:
    """How long to wait after this many failed tries; None: no more."""
    return _PAUSES[attempts - 1] if attempts <= len(_PAUSES) else None


def title(notice: OutgoingNotification) -> str:
    """A line that says which rule, and what became of it."""
    return {
        "fired": f"Alert: {notice.rule_name}",
        "resolved": f"Resolved: {notice.rule_name}",
        "test": f"Test alert: {notice.rule_name}",
    }[notice.kind]


def _rule_fields(rule: AlertRule) -> Mapping[str, Any]:
    return {
        "org_id": rule.org_id,
        "rule_id": rule.id,
        "rule_name": rule.name,
        "metric": rule.metric,
        "operator": rule.operator,
        "threshold": rule.threshold,
        "window_minutes": rule.window_minutes,
        "scope": rule.scope,
    }
