"""Bodies, queries and answers about levers and the cache."""

from typing import Annotated, Any, Literal, Self
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from libs.common.contracts import analytics
from libs.common.contracts.auth import Capture, Level, RoutingMode
from libs.common.contracts.events import CompletionFinished
from libs.common.contracts.levers import Trial
from libs.common.contracts.optimizer import Lever, Outcome
from services.auth.optimization.domain.diff import Piece
from services.auth.schemas import Answer, OptionalText, Time, iso_ms, optional_usd

Change = Literal["kept", "changed", "removed", "added"]
Kind = Literal["prose", "data", "structured", "code", "layout", "unknown"]
Share = Annotated[float, Meta(ge=0, le=1)]


class SettingsChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The levers to change; the others stay."""

    level: Level | UnsetType = UNSET
    whitespace_removal: bool | UnsetType = UNSET
    redundancy_elimination: bool | UnsetType = UNSET
    system_prompt_compression: bool | UnsetType = UNSET
    context_pruning: bool | UnsetType = UNSET
    cache_enabled: bool | UnsetType = UNSET
    cache_similarity_threshold: Share | UnsetType = UNSET
    cache_ttl_seconds: Annotated[int, Meta(ge=1, le=31_536_000)] | UnsetType = UNSET
    routing_mode: RoutingMode | UnsetType = UNSET
    values_line: bool | UnsetType = UNSET
    extraction: bool | UnsetType = UNSET
    cost_quality: Share | UnsetType | None = UNSET
    substitute_unreachable: bool | UnsetType = UNSET
    rules_in_manual: bool | UnsetType = UNSET
    older_generations: bool | UnsetType = UNSET
    store_responses: bool | UnsetType = UNSET
    prefix_caching: bool | UnsetType = UNSET
    deferral: bool | UnsetType = UNSET
    capture: Capture | UnsetType = UNSET
    effort: Trial | UnsetType = UNSET
    tool_definitions: Trial | UnsetType = UNSET
    images: Trial | UnsetType = UNSET


class Messages(msgspec.Struct, frozen=True, kw_only=True):
    """The messages of a chat request as they are written."""

    messages: msgspec.Raw


class HitsQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A page of semantic hits, perhaps of one entry."""

    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: OptionalText | None = None
    entry_id: OptionalText | None = None


class CacheFeedback(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An entry of the cache whose answer was wrong for who got it."""

    entry_id: UUID
    wrong: bool


class PreviewLever(Answer, frozen=True, kw_only=True):
    """What a lever would take away."""

    lever: Lever
    tokens_saved: int
    savings_usd: float | None


class PreviewStep(Answer, frozen=True, kw_only=True):
    """What became of one step of a lever, and why; `message` is the position of the message it is about."""

    step: str
    lever: Lever
    outcome: Outcome
    tokens_saved: int
    message: int | None
    reason: str


class PreviewPart(Answer, frozen=True, kw_only=True):
    """What the `part`-th text of a message is. `left_alone` is why levers leave it, or some of it, unchanged."""

    message: int
    part: int
    role: str
    kinds: tuple[Kind, ...]
    left_alone: str


class MessageChange(Answer, frozen=True, kw_only=True):
    """One message: `position` is its place in the request, null for one that is put in."""

    position: int | None
    role: str
    change: Change
    text: tuple[Piece, ...]


class DefinitionChange(Answer, frozen=True, kw_only=True):
    """A text that tools are described with, in fewer words."""

    before: str
    after: str


class Preview(Answer, frozen=True, kw_only=True):
    """The request as it would be sent. Costs are the prompt's alone, null where the model's price is unknown. The tokens of tool
    definitions and pictures are in the levers' lines and steps, not in the sums, which are of the messages.
    """

    model: str
    level: Level
    original_tokens: int
    optimized_tokens: int
    tokens_saved: int
    exact_tokens: bool
    cost_before_usd: float | None
    cost_after_usd: float | None
    savings_usd: float | None
    levers: tuple[PreviewLever, ...]
    steps: tuple[PreviewStep, ...]
    parts: tuple[PreviewPart, ...]
    left_out: dict[str, int]
    messages: list[dict[str, Any]]
    diff: tuple[MessageChange, ...]
    definitions: tuple[DefinitionChange, ...]


class Hit(Answer, frozen=True, kw_only=True):
    """A question that got another question's answer; both are named by their requests, no text of theirs is kept."""

    request_id: str
    source_request_id: str | None
    entry_id: str | None
    similarity: float | None
    model: str
    time: Time
    savings_usd: float | None

    @classmethod
    def of(cls, entry: CompletionFinished) -> Self:
        """From the log's entry of a semantic hit."""
        return cls(
            request_id=entry.id,
            source_request_id=entry.cache_source_id,
            entry_id=entry.cache_entry_id,
            similarity=entry.cache_similarity,
            model=entry.baseline_model,
            time=iso_ms(entry.time_ms),
            savings_usd=optional_usd(entry.baseline_cost_nano),
        )


class Hits(Answer, frozen=True, kw_only=True):
    """Newest first."""

    hits: tuple[Hit, ...]
    next_cursor: str | None

    @classmethod
    def of(cls, page: analytics.RequestPage) -> Self:
        """From a page of the log that holds semantic hits alone."""
        return cls(hits=tuple(Hit.of(entry) for entry in page.requests), next_cursor=page.next_cursor)
