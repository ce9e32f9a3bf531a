"""One request on its way through the pipeline, and what is told of it at the end."""

from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from hashlib import blake2b
from typing import Any, Literal, Protocol

import msgspec

from libs.common.catalog import Catalog
from libs.common.contracts.auth import OptimizationSettings, Principal
from libs.common.contracts.cache import CacheHit
from libs.common.contracts.events import CompletionFinished, LeverName, Status, TokenClasses
from libs.common.contracts.optimizer import OptimizeReply
from libs.common.contracts.router import RouteReply
from libs.common.money import usd
from services.gateway.domain import receipt, turns
from services.gateway.domain.cache_key import CacheKey
from services.gateway.domain.chat import Chat
from services.gateway.domain.conversations import Known
from services.gateway.domain.needs import needs
from services.gateway.domain.overrides import Overrides
from services.gateway.domain.receipt import Receipt
from services.gateway.domain.targets import Target
from services.gateway.domain.turns import Kept

_PAGE = 1000  # tokens


class Incoming(msgspec.Struct, frozen=True, kw_only=True):
    """A request as it came through a door. Header names are lower-case; `accepted` is monotonic seconds, `time_ms` the same
    moment since the epoch.
    """

    request_id: str
    accepted: float
    time_ms: int
    api_key: str | None
    body: bytes
    headers: dict[str, str]


class Flight(Protocol):
    """For all who ask the same at the same time: one request on its way to the provider."""

    def land(self, answer: CacheHit | None) -> None:
        """Hand the answer to those who wait; None sends them on their own way. Only the first word counts."""
        ...

    def over(self) -> None:
        """Whoever comes now finds the answer in the cache."""
        ...


@dataclass
class Work:
    """Filled in step by step. Clock readings are monotonic seconds; `time_ms` is when the request was accepted.

    `parts` collects the records of a request that takes several calls, to be told as one. `settle` wants to hear what was
    spent of the key's budget, None where nobody knows; `flight` carries the answer to those who wait for it.
    """

    request_id: str
    time_ms: int
    accepted: float
    principal: Principal
    chat: Chat
    overrides: Overrides
    settings: OptimizationSettings
    kind: Literal["chat", "completion"] = "chat"
    parts: list[CompletionFinished] | None = None
    cache_key: CacheKey | None = None
    cache: Literal["exact", "semantic", "miss", "off"] = "off"
    hit: CacheHit | None = None
    route: RouteReply | None = None
    optimized: OptimizeReply | None = None
    target: Target | None = None
    requested: Target | None = None
    recalled: Mapping[str, Kept] = field(default_factory=dict)
    kept: dict[str, Kept] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()
    warm: Known | None = None
    fallback_used: bool = False
    tokens: TokenClasses = field(default_factory=TokenClasses)
    original_tokens: int = 0
    estimated: bool = False
    served_model: str | None = None
    degraded: list[str] = field(default_factory=list)
    called: float | None = None
    first_byte: float | None = None
    answered: float | None = None
    receipt: Receipt | None = None
    settle: Callable[[int | None], None] | None = None
    flight: Flight | None = None
    shadow_savings_nano: int | None = None
    trace_id: str | None = None

    @property
    def baseline_model(self) -> str:
        """The model that the client asked for."""
        return self.chat.fields.model

    @property
    def routed_model(self) -> str:
        """The name of the model that was chosen."""
        return self.baseline_model if self.target is None else self.target.model

    @property
    def pinned(self) -> str | None:
        """The model whose tool calls this request answers."""
        ids = turns.open_calls(self.chat)
        return next((self.recalled[name].served_model for name in ids if name in self.recalled), None)

    @property
    def changed(self) -> bool:
        """Whether the provider sees another request than the client sent."""
        shortened = self.optimized is not None and self.optimized.changed
        thought = any(known.blocks for known in self.recalled.values())
        return shortened or thought or self.target != self.requested

    @property
    def removed(self) -> list[tuple[LeverName, int]]:
        """Tokens that levers took away, in pipeline order; none once the original prompt went out after all."""
        if self.optimized is None or not self.optimized.changed or self.fallback_used:
            return []
        return [(saving.lever, saving.tokens) for saving in self.optimized.levers]

    def remember(self, kept: dict[str, Kept], call_ids: list[str]) -> None:
        """Note what is to be kept of the answer's tool calls."""
        if call_ids and self.target is not None:
            self.kept = turns.of_answer(kept, call_ids, self.target.served_model)

    def expected_nano(self, catalog: Catalog) -> int:
        """What the call may cost, in nano-dollars: what goes out, and as much back as was allowed, or a good page."""
        model = self.target.priced(catalog) if self.target else None
        limit = self.chat.fields.max_completion_tokens or self.chat.fields.max_tokens or _PAGE
        size = needs(self.chat).context_tokens
        day = datetime.fromtimestamp(self.time_ms / 1000, UTC).date()
        cost = None if model is None else model.cost_nano(TokenClasses(uncached_input=size, output_text=limit), day)
        return cost or 0

    def degrade(self, part: str) -> None:
        """Note a part that was skipped because it was down or slow."""
        if part not in self.degraded:
            self.degraded.append(part)

    def price(self, catalog: Catalog) -> Receipt:
        """Write the receipt from the tokens that were counted."""
        day = datetime.fromtimestamp(self.time_ms / 1000, UTC).date()
        # A requested model that no key reaches is still what was asked for: its catalogue price is the baseline.
        baseline = self.requested.priced(catalog) if self.requested else catalog.find(self.baseline_model)
        self.shadow_savings_nano = self._shadow_savings(day, catalog)
        if self.hit is not None:
            self.receipt = receipt.for_hit(
                day,
                price_version=catalog.version,
                baseline=baseline,
                prompt_tokens=self.original_tokens,
                completion_tokens=self.hit.completion_tokens,
            )
        else:
            removed = self.removed
            self.original_tokens = self.tokens.input + sum(count for _, count in removed)
            self.receipt = receipt.for_call(
                day,
                price_version=catalog.version,
                baseline=baseline,
                served=self.target.priced(catalog) if self.target else baseline,
                tokens=self.tokens,
                removed=removed,
                known_cached=self.warm.cached_tokens if self.warm else 0,
            )
        return self.receipt

    def _shadow_savings(self, day: date, catalog: Catalog) -> int | None:
        """What the router would have saved, where it was only asked for its opinion."""
        shadow = self.route.shadow_model if self.route is not None else None
        if shadow is None or self.hit is not None or self.target is None:
            return None
        instead = catalog.find(shadow)
        return receipt.shadow_savings(day, served=self.target.priced(catalog), shadow=instead, tokens=self.tokens)

    def metadata(self, now: float) -> bytes:
        """The `promptly_metadata` object, encoded."""
        saved = self.receipt.savings_nano if self.receipt else None
        hit = self.hit
        levers = self.receipt.levers if self.receipt else ()
        found: dict[str, Any] = {
            "baseline_model": self.baseline_model,
            "routed_model": self.routed_model,
            "original_tokens": self.original_tokens,
            "optimized_tokens": self.tokens.input,
            "savings": None if saved is None else usd(saved),
            "cache_hit": hit is not None,
            "latency_ms": round((now - self.accepted) * 1000, 2),
            "request_id": self.request_id,
            "provider": hit.provider if hit else self.target.provider if self.target else None,
            "served_model": self.served_model,
            "complexity": self.route.tier if self.route else None,
            "cache_similarity": hit.similarity if hit else None,
            "optimizations": [share.lever for share in levers if share.tokens or share.nano_usd],
            "fallback_used": self.fallback_used,
            "degraded": self.degraded,
        }
        if self.dropped and hit is None:
            found["dropped_params"] = self.dropped
        if self.target is not None and self.target.note:
            found["model_note"] = self.target.note
        if hit is not None:
            found["cache_entry_id"] = hit.entry_id
        if (route := self.route) is not None:
            found |= {"routing_reason": route.reason, "routing_signals": route.signals}
            if route.rule_name is not None:
                found["rule"] = route.rule_name
            if route.shadow_model is not None:
                saved = self.shadow_savings_nano
                found |= {"shadow_model": route.shadow_model, "shadow_savings": None if saved is None else usd(saved)}
        if self.estimated:
            found["usage_estimated"] = True
        return msgspec.json.encode(found)

    def event(
        self, status: Status, now: float, *, status_code: int = 200, error: str | None = None
    ) -> CompletionFinished:
        """The fact that this request ended."""
        paid, hit, route = self.receipt, self.hit, self.route
        provider_ms = None
        if self.called is not None:
            provider_ms = ((self.answered or now) - self.called) * 1000
        latency = (now - self.accepted) * 1000
        return CompletionFinished(
            id=self.request_id,
            org_id=self.principal.org_id,
            key_id=self.principal.key_id,
            user_id=self.principal.user_id,
            kind=self.kind,
            status=status,
            status_code=status_code,
            error_code=error,
            tags=self.overrides.tags,
            time_ms=self.time_ms,
            baseline_model=self.baseline_model,
            routed_model=self.routed_model,
            served_model=self.served_model,
            provider=hit.provider if hit else self.target.provider if self.target else None,
            tier=route.tier if route else None,
            rule_id=route.rule_id if route else None,
            routing_reason=route.reason if route else None,
            shadow_model=route.shadow_model if route else None,
            shadow_savings_nano=self.shadow_savings_nano,
            routing_score=route.score if route else None,
            routing_features=route.features if route else (),
            asked_digest=self._asked_digest(),
            tokens=self.tokens,
            original_tokens=self.original_tokens,
            optimized_tokens=self.tokens.input,
            levers=paid.levers if paid else (),
            baseline_cost_nano=paid.baseline_nano if paid else 0,
            actual_cost_nano=paid.actual_nano if paid else 0,
            price_version=paid.price_version if paid else None,
            estimated=self.estimated,
            cache=self.cache,
            cache_similarity=hit.similarity if hit else None,
            cache_entry_id=hit.entry_id if hit else None,
            cache_pair_id=hit.pair_id if hit else None,
            cache_source_id=hit.request_id if hit else None,
            latency_ms=round(latency, 3),
            overhead_ms=round(latency - (provider_ms or 0), 3),
            provider_ms=None if provider_ms is None else round(provider_ms, 3),
            first_byte_ms=None if self.first_byte is None else round((self.first_byte - self.accepted) * 1000, 3),
            degraded=tuple(self.degraded),
            fallback_used=self.fallback_used,
            stream=self.chat.stream,
            trace_id=self.trace_id,
        )

    def _asked_digest(self) -> str | None:
        """Tells whether the same was asked again, and nothing else: of an organisation's own, and no text in it."""
        prompt = self.chat.prompt
        if not prompt:
            return None
        return blake2b(f"{self.principal.org_id}\n{prompt}".encode(), digest_size=12).hexdigest()


@dataclass(frozen=True)
class Plain:
    """A whole answer, and the request it belongs to."""

    work: Work
    body: bytes


@dataclass(frozen=True)
class Streamed:
    """An answer in pieces. Closing `chunks` early is a client that left."""

    work: Work
    chunks: AsyncGenerator[bytes, None]
