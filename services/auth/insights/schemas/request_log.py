"""Queries and answers about the request log. Money is dollars, latencies are milliseconds."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal, Self

import msgspec
from msgspec import Meta

from libs.common.contracts import analytics, events
from libs.common.contracts.auth import Tier
from libs.common.contracts.events import Arm, CompletionFinished, LeverName, RequestKind, Status, TokenClasses
from libs.common.money import usd
from services.auth.schemas import Answer, OptionalText, Time, iso_ms, optional_usd


class LogFilter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to leave out of the request log."""

    model: OptionalText | None = None
    status: Status | None = None
    cache_hit: bool | None = None
    from_: str | None = msgspec.field(name="from", default=None)
    to: str | None = None
    key_id: OptionalText | None = None
    kind: RequestKind | None = None
    session: OptionalText | None = None
    client: OptionalText | None = None
    arm: Arm | None = None
    conversation: OptionalText | None = None
    user: OptionalText | None = None
    team_id: OptionalText | None = None
    tag: Annotated[str, Meta(pattern="^[^=]{1,256}=")] | None = None
    error_code: OptionalText | None = None
    min_latency_ms: Annotated[float, Meta(ge=0, le=1e9)] | None = None


class LogQuery(LogFilter, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A page of what is left."""

    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: OptionalText | None = None


class LeverShare(Answer, frozen=True, kw_only=True):
    """One line of a receipt."""

    lever: LeverName
    tokens_saved: int
    savings_usd: float | None


class LogEntry(Answer, frozen=True, kw_only=True):
    """One request; costs are null where a price is unknown. It holds no prompt and no answer."""

    id: str
    time: Time
    key_id: str
    team_id: str | None
    user: str | None
    kind: RequestKind
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
    optimizations: tuple[LeverShare, ...]
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
    degraded: tuple[str, ...]
    trace_id: str | None
    charged_tokens: int
    target_surface: str | None
    raw: bool
    session: str | None
    agent: str | None
    client: str | None
    dropped: tuple[str, ...]
    stop: str | None
    service_tier: str | None
    units: dict[str, float]
    unpriced: tuple[str, ...]
    items: int
    cached_items: int
    stored: bool
    upstream_request_id: str | None
    arm: Arm | None
    conversation: str | None
    alias: str | None
    lever_arms: dict[LeverName, bool]
    shadow_levers: tuple[LeverShare, ...]

    @classmethod
    def of(cls, entry: CompletionFinished) -> Self:
        """From an entry of the log."""
        return cls(**_entry_fields(entry))


class LogPage(Answer, frozen=True, kw_only=True):
    """Newest first; `next_cursor` is for the next page, null at the end."""

    requests: tuple[LogEntry, ...]
    next_cursor: str | None

    @classmethod
    def of(cls, page: analytics.RequestPage) -> Self:
        """From a page of the log."""
        return cls(requests=tuple(LogEntry.of(entry) for entry in page.requests), next_cursor=page.next_cursor)


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
    lines: tuple[LeverShare, ...]
    not_done: tuple[str, ...]
    cost_usd: float | None
    savings_usd: float | None
    price_version: str | None
    estimated: bool
    tokens: TokenClasses
    latency_ms: ReceiptLatency

    @classmethod
    def of(cls, entry: analytics.RequestEntry) -> Self:
        """From an entry of the log; the lines are in the pipeline's order."""
        return cls(
            baseline_model=entry.baseline_model,
            served_model=entry.served_model,
            baseline_cost_usd=optional_usd(entry.baseline_cost_nano),
            lines=_lines(entry.levers),
            not_done=entry.not_done,
            cost_usd=optional_usd(entry.actual_cost_nano),
            savings_usd=_savings_usd(entry),
            price_version=entry.price_version,
            estimated=entry.estimated,
            tokens=entry.tokens,
            latency_ms=ReceiptLatency(
                total=entry.latency_ms,
                overhead=entry.overhead_ms,
                provider=entry.provider_ms,
                first_byte=entry.first_byte_ms,
            ),
        )


class Feedback(Answer, frozen=True, kw_only=True):
    """The client's feedback on the answer."""

    rating: Literal["good", "bad"]
    cache_wrong: bool
    comment: str | None
    time: Time

    @classmethod
    def of(cls, feedback: analytics.Feedback) -> Self:
        """From the feedback that analytics keeps."""
        return cls(
            rating=feedback.rating,
            cache_wrong=feedback.cache_wrong,
            comment=feedback.comment,
            time=iso_ms(feedback.time_ms),
        )


class LogDetail(LogEntry, frozen=True, kw_only=True):
    """One request with its receipt; `trace_url` is the page of its trace, where the operator configured one."""

    receipt: Receipt
    feedback: Feedback | None
    trace_url: str | None

    @classmethod
    def with_receipt(cls, entry: analytics.RequestEntry, trace_url: str | None) -> Self:
        """From an entry of the log and the page of its trace."""
        return cls(
            **_entry_fields(entry),
            receipt=Receipt.of(entry),
            feedback=None if entry.feedback is None else Feedback.of(entry.feedback),
            trace_url=trace_url,
        )


def _entry_fields(entry: CompletionFinished) -> dict[str, Any]:
    """The fields that `LogEntry` and `LogDetail` share; those of the same name and meaning are copied."""
    fields = {name: getattr(entry, name) for name in LogEntry.__struct_fields__ if hasattr(entry, name)}
    return {
        **fields,
        "time": iso_ms(entry.time_ms),
        "user": entry.end_user,
        "shadow_savings_usd": optional_usd(entry.shadow_savings_nano),
        "output_tokens": entry.tokens.output,
        "cost_usd": optional_usd(entry.actual_cost_nano),
        "baseline_cost_usd": optional_usd(entry.baseline_cost_nano),
        "savings_usd": _savings_usd(entry),
        "optimizations": _lines(entry.levers),
        "shadow_levers": _lines(entry.shadow_levers),
        "cache_hit": entry.cache in ("exact", "semantic"),
    }


def _lines(levers: Iterable[events.LeverShare]) -> tuple[LeverShare, ...]:
    return tuple(
        LeverShare(lever=share.lever, tokens_saved=share.tokens, savings_usd=optional_usd(share.nano_usd))
        for share in levers
    )


def _savings_usd(entry: CompletionFinished) -> float | None:
    if entry.baseline_cost_nano is None or entry.actual_cost_nano is None:
        return None
    return usd(entry.baseline_cost_nano - entry.actual_cost_nano)
