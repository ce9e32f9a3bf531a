"""Facts that are kept until everybody concerned has them."""

from typing import Literal

import msgspec

from libs.common.contracts import levers
from libs.common.contracts.auth import BudgetPeriod, BudgetSubject, OnExceed, Tier
from libs.common.contracts.base import Event

LeverName = levers.LeverName
Status = Literal["success", "fallback", "cached", "error", "cancelled"]
# The API that a request came by, or what it was where it asked for no text.
RequestKind = Literal[
    "chat", "completion", "optimize", "messages", "responses", "generate", "count", "embedding", "passthrough"
]
# Whether a conversation of the experiment runs with the levers or without any.
Arm = Literal["treated", "control"]


class LeverShare(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a receipt: the tokens a lever took away and the nano-dollars it saved, both signed."""

    lever: LeverName
    tokens: int
    nano_usd: int | None


class TokenClasses(msgspec.Struct, frozen=True, kw_only=True):
    """The provider's own usage, in disjoint classes: their sum is every token that was billed."""

    uncached_input: int = 0
    cache_read: int = 0
    cache_write_5m: int = 0
    cache_write_1h: int = 0
    output_text: int = 0
    output_reasoning: int = 0

    @property
    def input(self) -> int:
        """All prompt tokens, cached ones included."""
        return self.uncached_input + self.cache_read + self.cache_write_5m + self.cache_write_1h

    @property
    def output(self) -> int:
        """All completion tokens, reasoning included."""
        return self.output_text + self.output_reasoning


class CompletionFinished(msgspec.Struct, frozen=True, kw_only=True):
    """A request that ended, however it ended. No prompt and no answer; costs are None where a price is unknown.

    `id` is the request's own (`req_` + UUIDv7): event id, row id, and the time of the row's partition. `time_ms` is when
    the gateway accepted it; latencies are milliseconds. The levers' amounts sum to baseline − actual cost.

    A semantic hit names the request that paid for its answer (`cache_source_id`) and the two questions that it put together
    (`cache_pair_id`, an id made of both). `shadow_savings_nano` is what the shadow's model would have saved. What the router
    may learn from: its score, the prompt's features as numbers, and a digest that tells whether the same was asked again.
    An optimize call names the tokens of credits that it was charged, and the lease that they came from. `not_done` says which
    cuts were left out because they would have cost more than they save. `clamped` names fields that held more than a record
    takes, as a provider or a client wrote them, and were cut to size (`libs/common/bounded.py`).

    `target_surface` is the provider's API that was called, `raw` whether its bytes went through unchanged. `session` and `agent` are keyed
    digests of the ids that a client sends, `client` the family of its user agent. `dropped` names parameters that the provider could not
    be given, `stop` why the answer ended, in the provider's word. `units` counts what is billed by other units than tokens,
    `unpriced` names those, or the token classes, that have no known price. `items` of an embedding call are its inputs,
    `cached_items` those that were served from the cache; `stored` says that the answer was kept for follow-ups. `arm` is the
    side of the experiment that the conversation is on, `conversation` a keyed digest that names it; None where there is no experiment.
    `team_id` is the team that the key belonged to. `lever_arms` says of the levers that have an arm of their own whether they were on,
    `shadow_levers` what levers on trial would have done.
    """

    id: str
    org_id: str
    key_id: str
    user_id: str | None = None
    end_user: str | None = None
    kind: RequestKind = "chat"
    status: Status
    status_code: int = 200
    error_code: str | None = None
    tags: dict[str, str] = {}
    time_ms: int
    baseline_model: str
    routed_model: str
    served_model: str | None = None
    provider: str | None = None
    tier: Tier | None = None
    rule_id: str | None = None
    routing_reason: str | None = None
    shadow_model: str | None = None
    shadow_savings_nano: int | None = None
    routing_score: float | None = None
    routing_features: tuple[float, ...] = ()
    asked_digest: str | None = None
    tokens: TokenClasses = TokenClasses()
    original_tokens: int = 0
    optimized_tokens: int = 0
    levers: tuple[LeverShare, ...] = ()
    baseline_cost_nano: int | None = None
    actual_cost_nano: int | None = None
    price_version: str | None = None
    estimated: bool = False
    cache: Literal["exact", "semantic", "miss", "off"] = "off"
    cache_similarity: float | None = None
    cache_entry_id: str | None = None
    cache_pair_id: str | None = None
    cache_source_id: str | None = None
    latency_ms: float = 0.0
    overhead_ms: float = 0.0
    provider_ms: float | None = None
    first_byte_ms: float | None = None
    degraded: tuple[str, ...] = ()
    fallback_used: bool = False
    stream: bool = False
    trace_id: str | None = None
    not_done: tuple[str, ...] = ()
    charged_tokens: int = 0
    credit_lease: str | None = None
    clamped: tuple[str, ...] = ()
    target_surface: str | None = None
    raw: bool = False
    session: str | None = None
    agent: str | None = None
    client: str | None = None
    dropped: tuple[str, ...] = ()
    stop: str | None = None
    service_tier: str | None = None
    units: dict[str, float] = {}
    unpriced: tuple[str, ...] = ()
    items: int = 0
    cached_items: int = 0
    stored: bool = False
    upstream_request_id: str | None = None
    arm: Arm | None = None
    conversation: str | None = None
    alias: str | None = None
    team_id: str | None = None
    lever_arms: dict[LeverName, bool] = {}
    shadow_levers: tuple[LeverShare, ...] = ()


COMPLETION_FINISHED: Event[CompletionFinished] = Event(
    "promptly.v1.events.completion.finished", CompletionFinished, True
)


class FeedbackGiven(msgspec.Struct, frozen=True, kw_only=True):
    """What a client thought of an answer. `cache_wrong`: the cache answered another question than was asked."""

    request_id: str
    org_id: str
    key_id: str
    time_ms: int
    rating: Literal["good", "bad"]
    cache_wrong: bool = False
    comment: str | None = None


FEEDBACK_GIVEN: Event[FeedbackGiven] = Event("promptly.v1.events.feedback.given", FeedbackGiven, True)


class OrgDeleted(msgspec.Struct, frozen=True, kw_only=True):
    """An organization is gone: whoever keeps something of it forgets it. May come more than once."""

    org_id: str
    time_ms: int


ORG_DELETED: Event[OrgDeleted] = Event("promptly.v1.events.org.deleted", OrgDeleted, True)


class MemberRemoved(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody no longer belongs to an organization: whoever keeps what they wrote forgets it. May come more than once."""

    org_id: str
    user_id: str
    time_ms: int


MEMBER_REMOVED: Event[MemberRemoved] = Event("promptly.v1.events.org.member_removed", MemberRemoved, True)


class LeverSwitchedOff(msgspec.Struct, frozen=True, kw_only=True):
    """The guard has switched a lever off. `id` is the entry of the audit log; with its levers, at least `worse_by` points more of the
    conversations asked again, where `margin` points are allowed; `reason` says so with all figures. May come more than once.
    """

    id: str
    org_id: str
    lever: LeverName
    time_ms: int
    worse_by: float
    margin: float
    reason: str


LEVER_SWITCHED_OFF: Event[LeverSwitchedOff] = Event("promptly.v1.events.lever.switched_off", LeverSwitchedOff, True)


# Stands for the values that have no sum of their own.
OTHER_VALUES = "(other)"


class BudgetExceeded(msgspec.Struct, frozen=True, kw_only=True):
    """A request came for which a budget had no room. `value` is the key, team, user or tag's value that it was for, `start_ms` when the
    budget's period began or its limit was last set, whichever is later, and `until_ms` when it starts anew. Told once by each gateway,
    so it may come more than once.
    """

    org_id: str
    budget_id: str
    name: str
    subject: BudgetSubject
    tag: str | None
    value: str
    each: bool
    period: BudgetPeriod
    limit_nano: int
    on_exceed: OnExceed
    time_ms: int
    start_ms: int
    until_ms: int


BUDGET_EXCEEDED: Event[BudgetExceeded] = Event("promptly.v1.events.budget.exceeded", BudgetExceeded, True)


class DeferredEnded(msgspec.Struct, frozen=True, kw_only=True):
    """A request that waited for a batch has its answer, and its client named a webhook to be told by. Holds no text of either. Times are
    ms since the epoch. May come more than once.
    """

    org_id: str
    request_id: str
    webhook_id: str
    status: Literal["completed", "failed"]
    created_ms: int
    deadline_ms: int
    time_ms: int


DEFERRED_ENDED: Event[DeferredEnded] = Event("promptly.v1.events.deferred.ended", DeferredEnded, True)


class PriceNotice(msgspec.Struct, frozen=True, kw_only=True):
    """What the catalogue says of a model that an organization uses, on the traffic that it had with it: `requests` of the last 30 days,
    which cost `cost_nano` at the day's list prices. "price_change": `other_cost_nano` at the prices from `day` on. "retirement": its
    last day is `day`, and the same tokens would cost `other_cost_nano` on `other`, where there is such a model. "cheaper_model":
    they cost so much less on `other`, whose prices hold since `day`, where that is known. Days are ISO 8601.
    """

    kind: Literal["price_change", "retirement", "cheaper_model"]
    model: str
    day: str | None
    requests: int
    cost_nano: int
    other: str | None = None
    other_cost_nano: int | None = None


class PricesNoticed(msgspec.Struct, frozen=True, kw_only=True):
    """What an organization has not been told of prices yet. At most once a week; may come more than once."""

    org_id: str
    time_ms: int
    notices: tuple[PriceNotice, ...]


PRICES_NOTICED: Event[PricesNoticed] = Event("promptly.v1.events.prices.noticed", PricesNoticed, True)
DURABLE_EVENTS = (
    COMPLETION_FINISHED,
    FEEDBACK_GIVEN,
    ORG_DELETED,
    MEMBER_REMOVED,
    LEVER_SWITCHED_OFF,
    BUDGET_EXCEEDED,
    DEFERRED_ENDED,
    PRICES_NOTICED,
)
