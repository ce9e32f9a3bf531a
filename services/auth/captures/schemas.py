"""Queries and answers about captured requests."""

from collections.abc import Callable
from typing import Annotated, Literal, Self

import msgspec
from msgspec import Meta

from libs.common.contracts.events import LeverName
from libs.common.contracts.gateway import Captured, CapturedKind, CapturedText, CaptureList, Replayed, ReplayExample
from libs.common.money import usd
from services.auth.optimization.schemas import MessageChange, SettingsChange
from services.auth.schemas import Answer, Rate, Time, iso_ms, optional_usd

MOST_DAYS = 31
MOST_REPLAYED = 1000


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


class ReplayBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The newest `limit` requests that were captured from `from` until `to`, or in the last `days`, under the organization's levers with
    these changes.
    """

    settings: SettingsChange = SettingsChange()
    from_: str | None = msgspec.field(name="from", default=None)
    to: str | None = None
    days: Annotated[int, Meta(ge=1, le=MOST_DAYS)] = 1
    limit: Annotated[int, Meta(ge=1, le=MOST_REPLAYED)] = MOST_REPLAYED


class ReplayLever(Answer, frozen=True, kw_only=True):
    """What a lever is predicted to save; negative where it would cost."""

    lever: LeverName
    tokens: int
    savings_usd: float


class Example(Answer, frozen=True, kw_only=True):
    """A request that something would be changed about: who would answer it, at which price, and its messages in the chat format, with what
    is taken away and put in; empty where they stay as they are, or are too long to be shown.
    """

    id: str
    requested_model: str
    model: str
    cache: Literal["exact", "semantic"] | None
    tokens_before: int
    tokens_after: int
    as_asked_usd: float | None
    actual_usd: float | None
    predicted_usd: float | None
    diff: tuple[MessageChange, ...]

    @classmethod
    def of(cls, one: ReplayExample, diff: tuple[MessageChange, ...]) -> Self:
        """From what the gateway found."""
        return cls(
            id=one.id,
            requested_model=one.requested_model,
            model=one.model,
            cache=one.cache,
            tokens_before=one.tokens_before,
            tokens_after=one.tokens_after,
            as_asked_usd=optional_usd(one.baseline_nano),
            actual_usd=optional_usd(one.actual_nano),
            predicted_usd=optional_usd(one.predicted_nano),
            diff=diff,
        )


class ReplayResult(Answer, frozen=True, kw_only=True):
    """A prediction, no measurement: answers are taken to be as long as the recorded ones. Of `captured` requests `replayed` were tried and
    `refused` could not be, by the reason; the others were beyond the limit or the time. Dollars are sums over requests whose prices are
    all known, `unpriced` counts the rest: as asked, without any lever; actual, as billed; predicted. `levers` add up to as asked minus
    predicted. `models` counts who would answer; `degraded` names services that did not take part.
    """

    label: Literal["predicted"] = "predicted"
    from_: Time = msgspec.field(name="from")
    to: Time
    captured: int
    replayed: int
    refused: dict[str, int]
    changed_share: Rate
    exact_hits: int
    semantic_hits: int
    unpriced: int
    as_asked_usd: float
    actual_usd: float
    predicted_usd: float
    input_tokens_before: int
    input_tokens_after: int
    levers: tuple[ReplayLever, ...]
    models: dict[str, int]
    degraded: tuple[str, ...]
    examples: tuple[Example, ...]

    @classmethod
    def of(
        cls,
        found: Replayed,
        from_ms: int,
        to_ms: int,
        diff: Callable[[ReplayExample], tuple[MessageChange, ...]],
    ) -> Self:
        """From what the gateway predicts."""
        return cls(
            from_=iso_ms(from_ms),
            to=iso_ms(to_ms),
            captured=found.captured,
            replayed=found.replayed,
            refused=found.refused,
            changed_share=found.changed / found.replayed if found.replayed else 0.0,
            exact_hits=found.exact_hits,
            semantic_hits=found.semantic_hits,
            unpriced=found.unpriced,
            as_asked_usd=usd(found.baseline_nano),
            actual_usd=usd(found.actual_nano),
            predicted_usd=usd(found.predicted_nano),
            input_tokens_before=found.input_before,
            input_tokens_after=found.input_after,
            levers=tuple(
                ReplayLever(lever=one.lever, tokens=one.tokens, savings_usd=usd(one.nano_usd or 0))
                for one in found.levers
            ),
            models=found.models,
            degraded=found.degraded,
            examples=tuple(Example.of(one, diff(one)) for one in found.examples),
        )
