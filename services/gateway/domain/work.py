"""One request on its way through the pipeline, and what is told of it at the end."""

from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Literal, Protocol

import msgspec

from libs.common.catalog import Apart, Catalog, Model, Terms
from libs.common.contracts.auth import OptimizationSettings, Principal
from libs.common.contracts.cache import CacheHit
from libs.common.contracts.events import CompletionFinished, LeverName, TokenClasses
from libs.common.contracts.optimizer import OptimizeReply
from libs.common.contracts.router import RouteReply
from services.gateway.domain import receipt, turns
from services.gateway.domain.cache_key import CacheKey
from services.gateway.domain.chat import Chat
from services.gateway.domain.needs import needs
from services.gateway.domain.overrides import Overrides
from services.gateway.domain.prefix import PrefixState
from services.gateway.domain.receipt import Receipt
from services.gateway.domain.targets import Target
from services.gateway.domain.turns import Kept

_UNKNOWN_OUTPUT = 4_096  # tokens: what a model that nobody knows may say


class Incoming(msgspec.Struct, frozen=True, kw_only=True):
    """A request as it came through a door. Header names are lower-case; `accepted` is monotonic seconds, `time_ms` the same
    moment since the epoch; `principal` whom the key speaks for, where the door has asked.
    """

    request_id: str
    accepted: float
    time_ms: int
    api_key: str | None
    body: bytes
    headers: dict[str, str]
    principal: Principal | None = None


class Flight(Protocol):
    """For all who ask the same at the same time: one request on its way to the provider."""

    def resolve(self, answer: CacheHit | None) -> None:
        """Hand the answer to those who wait; None sends them on their own way. Only the first word counts."""
        ...

    def evict(self) -> None:
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
    added: tuple[str, ...] = ()
    warm: PrefixState | None = None
    fallback_used: bool = False
    tokens: TokenClasses = field(default_factory=TokenClasses)
    apart: Apart = field(default_factory=Apart)
    original_tokens: int = 0
    estimated: bool = False
    served_model: str | None = None
    served_tier: str | None = None
    degraded: list[str] = field(default_factory=list)
    # Seconds that somebody else's call to the provider was waited for: the provider's time, too.
    waited: float = 0.0
    called: float | None = None
    first_byte: float | None = None
    answered: float | None = None
    receipt: Receipt | None = None
    settle: Callable[[int | None], None] | None = None
    flight: Flight | None = None
    shadow_savings_nano: int | None = None
    trace_id: str | None = None
    recorded: bool = False

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

    @property
    def not_done(self) -> tuple[str, ...]:
        """Cuts that the optimizer left out, each with its reason, because they would have cost more than they save."""
        if self.optimized is None or self.hit is not None:
            return ()
        return tuple(note.reason for note in self.optimized.notes if note.outcome == "not_worth_it")

    def charge(self, billed: TokenClasses | None) -> None:
        """Note what the provider charged for a call that came to nothing."""
        if billed is not None:
            self.tokens = billed

    def remember(self, kept: dict[str, Kept], call_ids: list[str]) -> None:
        """Note what is to be kept of the answer's tool calls."""
        if call_ids and self.target is not None:
            self.kept = turns.of_answer(kept, call_ids, self.target.served_model)

    def expected_nano(self, catalog: Catalog) -> int:
        """What the call may cost, in nano-dollars: what goes out, and as much back as was allowed, or as the model can say,
        for each of `n` answers. A model without a known price counts as the dearest one.
        """
        model = self.target.priced(catalog) if self.target else None
        fields = self.chat.fields
        most = model.max_output_tokens if model is not None and model.max_output_tokens > 0 else _UNKNOWN_OUTPUT
        limit = fields.max_completion_tokens or fields.max_tokens or most
        used = TokenClasses(uncached_input=needs(self.chat).context_tokens, output_text=limit * (fields.n or 1))
        return priced_or_dearest(catalog, model, used, self._day)

    def spent_nano(self, catalog: Catalog) -> int:
        """What the call cost of a budget."""
        if self.receipt is not None and self.receipt.actual_nano is not None:
            return self.receipt.actual_nano
        model = self.target.priced(catalog) if self.target else None
        return priced_or_dearest(catalog, model, self.tokens, self._day)

    @property
    def _day(self) -> date:
        return datetime.fromtimestamp(self.time_ms / 1000, UTC).date()

    def degrade(self, part: str) -> None:
        """Note a part that was skipped because it was down or slow."""
        if part not in self.degraded:
            self.degraded.append(part)

    def price(self, catalog: Catalog) -> Receipt:
        """Write the receipt from the tokens that were counted."""
        day = datetime.fromtimestamp(self.time_ms / 1000, UTC).date()
        baseline = self._baseline(catalog)
        self.shadow_savings_nano = self._shadow_savings(day, catalog)
        if self.hit is not None:
            self.receipt = receipt.for_hit(
                day,
                price_version=catalog.version,
                baseline=baseline,
                prompt_tokens=self.original_tokens,
                completion_tokens=self.hit.completion_tokens,
                terms=self._terms(catalog, day, self.requested or self.target, served=False),
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
                terms=self._terms(catalog, day, self.target, served=True),
                baseline_terms=self._terms(catalog, day, self.requested or self.target, served=False),
            )
        return self.receipt

    def _terms(self, catalog: Catalog, day: date, target: Target | None, *, served: bool) -> Terms:
        """How a target's answer is billed: by the tier that the answer names, else by the one that was asked for."""
        dropped = "service_tier" in self.dropped and (served or self.target == target)
        tier = None if dropped else self.chat.service_tier
        if self.served_tier and (served or self.target == target):
            tier = self.served_tier
        factor = catalog.tier_factor(target.provider, tier, day) if target is not None else None
        return Terms(factor=factor, apart=self.apart)

    def _baseline(self, catalog: Catalog) -> Model | None:
        """What savings are counted against: a model that could have answered. Where no key reaches the requested one, that is
        the one that answers in its place.
        """
        if self.requested is not None:
            return self.requested.priced(catalog)
        if self.hit is not None:
            return catalog.find(self.hit.served_model)
        return self.target.priced(catalog) if self.target is not None else None

    def _shadow_savings(self, day: date, catalog: Catalog) -> int | None:
        """What the router would have saved, where it was only asked for its opinion."""
        shadow = self.route.shadow_model if self.route is not None else None
        if shadow is None or self.hit is not None or self.target is None:
            return None
        instead = catalog.find(shadow)
        return receipt.shadow_savings(
            day, served=self.target.priced(catalog), shadow=instead, tokens=self.tokens, terms=Terms(apart=self.apart)
        )


def priced_or_dearest(catalog: Catalog, model: Model | None, used: TokenClasses, day: date) -> int:
    """Nano-dollars at a model's price; where it is not known, at the dearest that is: a budget is a promise."""
    cost = None if model is None else model.cost_nano(used, day)
    if cost is not None:
        return cost
    costs = (known.cost_nano(used, day, hypothetical=True) for known in catalog.models.values())
    return max((cost for cost in costs if cost is not None), default=0)


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
