"""The shapes of the answers about requests: figures, the log, and alerts."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from libs.common.contracts import alerts, analytics
from libs.common.contracts.auth import Tier
from libs.common.contracts.events import LeverName, Status, TokenClasses
from services.auth.http.openapi.answers import Answer

Rate = Annotated[float, Meta(ge=0, le=1)]


class Overview(Answer, frozen=True, kw_only=True):
    """Totals of a period; money in dollars."""

    from_: datetime = msgspec.field(name="from")
    to: datetime
    requests: analytics.RequestCounts
    cache: analytics.CacheCounts
    tokens: analytics.TokenCounts
    cost_usd: float
    baseline_cost_usd: float
    savings_usd: float
    savings_percentage: float
    error_rate: Rate
    latency_ms: analytics.Latencies
    unpriced_requests: int
    data_as_of: datetime | None


class SavingsPoint(Answer, frozen=True, kw_only=True):
    """One interval, by its start."""

    time: datetime
    requests: int
    cost_usd: float
    baseline_cost_usd: float
    savings_usd: float
    tokens_saved: int


class Savings(Answer, frozen=True, kw_only=True):
    """Savings over time; intervals without requests are left out."""

    interval: Literal["hour", "day", "week"]
    points: list[SavingsPoint]


class ModelUse(Answer, frozen=True, kw_only=True):
    """What one model served; `share` is of all requests."""

    model: str
    provider: str | None
    requests: int
    share: Rate
    input_tokens: int
    output_tokens: int
    cost_usd: float
    savings_usd: float
    latency_p50_ms: float | None
    error_rate: Rate


class Models(Answer, frozen=True, kw_only=True):
    """Most requests first."""

    models: list[ModelUse]


class LeverUse(Answer, frozen=True, kw_only=True):
    """What one lever saved; `share` is of the total, null where that is nothing."""

    lever: LeverName
    requests: int
    tokens_saved: int
    savings_usd: float
    share: float | None


class Levers(Answer, frozen=True, kw_only=True):
    """Largest savings first; they add up to `total_usd`."""

    levers: list[LeverUse]
    total_usd: float


class LeverShare(Answer, frozen=True, kw_only=True):
    """One line of a receipt."""

    lever: LeverName
    tokens_saved: int
    savings_usd: float | None


class LogEntry(Answer, frozen=True, kw_only=True):
    """One request; costs are null where a price is unknown. It holds no prompt and no answer."""

    id: str
    time: datetime
    key_id: str
    user: str | None
    kind: Literal["chat", "completion", "optimize"]
    stream: bool
    status: Status
    status_code: int
    error_code: str | None
    tags: dict[str, str]
    baseline_model: str
    routed_model: str
    served_model: str | None
    provider: str | None
    tier: Tier | None
    rule_id: str | None
    routing_reason: str | None
    routing_score: float | None
    shadow_model: str | None
    shadow_savings_usd: float | None
    original_tokens: int
    optimized_tokens: int
    output_tokens: int
    tokens: TokenClasses
    cost_usd: float | None
    baseline_cost_usd: float | None
    savings_usd: float | None
    estimated: bool
    price_version: str | None
    optimizations: list[LeverShare]
    cache_hit: bool
    cache: Literal["exact", "semantic", "miss", "off"]
    cache_similarity: float | None
    cache_entry_id: str | None
    cache_source_id: str | None
    latency_ms: float
    overhead_ms: float
    provider_ms: float | None
    first_byte_ms: float | None
    fallback_used: bool
    degraded: list[str]
    trace_id: str | None
    charged_tokens: int


class LogPage(Answer, frozen=True, kw_only=True):
    """Newest first; `next_cursor` asks for the next page, null at the end."""

    requests: list[LogEntry]
    next_cursor: str | None


class ReceiptLatency(Answer, frozen=True, kw_only=True):
    """Milliseconds."""

    total: float
    overhead: float
    provider: float | None
    first_byte: float | None


class Receipt(Answer, frozen=True, kw_only=True):
    """Baseline − lines = cost."""

    baseline_model: str
    served_model: str | None
    baseline_cost_usd: float | None
    lines: list[LeverShare]
    not_done: list[str]
    cost_usd: float | None
    savings_usd: float | None
    price_version: str | None
    estimated: bool
    tokens: TokenClasses
    latency_ms: ReceiptLatency


class Feedback(Answer, frozen=True, kw_only=True):
    """What the client said of the answer."""

    rating: Literal["good", "bad"]
    cache_wrong: bool
    comment: str | None
    time: datetime


class LogDetail(LogEntry, frozen=True, kw_only=True):
    """One request with its receipt; `trace_url` is the page of its trace, where the operator said where traces are."""

    receipt: Receipt
    feedback: Feedback | None
    trace_url: str | None


class AlertRule(Answer, frozen=True, kw_only=True):
    """An alert rule; where its channels lead is masked. `firing_since` is null while it does not fire."""

    id: str
    name: str
    metric: alerts.Metric
    operator: alerts.Operator
    threshold: float
    channels: list[alerts.Channel]
    window_minutes: int
    cooldown_minutes: int
    channel_config: alerts.ChannelConfig
    is_active: bool
    firing_since: datetime | None
    created_at: datetime


class AlertRules(Answer, frozen=True, kw_only=True):
    """Alert rules, oldest first."""

    rules: list[AlertRule]


class AlertTested(Answer, frozen=True, kw_only=True):
    """What became of the test, channel by channel."""

    notifications: list[alerts.Notification]


class AlertEvent(Answer, frozen=True, kw_only=True):
    """A rule fired, or its metric came back."""

    id: str
    rule_id: str
    rule_name: str
    metric: alerts.Metric
    kind: Literal["fired", "resolved"]
    value: float
    threshold: float
    time: datetime
    data_as_of: datetime | None
    forecast: float | None
    message: str
    notifications: list[alerts.Notification]


class AlertEvents(Answer, frozen=True, kw_only=True):
    """Newest first."""

    events: list[AlertEvent]
