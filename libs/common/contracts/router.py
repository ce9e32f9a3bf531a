"""What the router answers: which model serves a request, and why."""

from typing import Literal

import msgspec

from libs.common.contracts.auth import RoutingMode, RoutingRule, Tier
from libs.common.contracts.base import Bucket, Rpc


class Needs(msgspec.Struct, frozen=True, kw_only=True):
    """What a model must be able to do for this request."""

    vision: bool = False
    audio: bool = False
    files: bool = False
    tools: bool = False
    json_schema: bool = False
    multiple_choices: bool = False
    context_tokens: int = 0


class UserTurn(msgspec.Struct, frozen=True, kw_only=True):
    """A user's turn, a long one without its middle. `asked` is how the assistant's message before it ended; `tokens` is about
    its whole size, `before` about the size of all that stands before it, tool definitions included.
    """

    text: str
    asked: str = ""
    tokens: int = 0
    before: int = 0


class RouteRequest(msgspec.Struct, frozen=True, kw_only=True):
    """`prompt` is the original last user turn; `texts` are all text parts, sent only where a rule reads them.

    `reachable` maps a provider to the models its keys list (empty: every catalogue model of that provider).
    `pinned` keeps a tool loop on its model. `org_id` tells whose traffic the router has learned from. `conversation` holds
    the user's turns from the first on (the newest is `prompt`; empty: there is no other); `system` is what the instructions say,
    `writes` whether tools that change something are declared. `answer_limit` is the most tokens that an answer may have;
    `prefix_marked`: the provider is asked to keep the beginning, which some only do then. `step_down`: a budget wants whatever is judged
    here to be routed as simple. `conversation_judged` asks for `simple` in the reply.
    """

    requested_model: str
    prompt: str
    texts: tuple[str, ...] = ()
    turns: int = 1
    mode: RoutingMode = "auto"
    rules: tuple[RoutingRule, ...] = ()
    tiers: dict[str, dict[Tier, str]] = {}
    reachable: dict[str, tuple[str, ...]] = {}
    needs: Needs = Needs()
    cost_quality: float | None = None
    pinned: str | None = None
    org_id: str = ""
    conversation: tuple[UserTurn, ...] = ()
    system: str = ""
    writes: bool = False
    answer_limit: int | None = None
    prefix_marked: bool = False
    substitute_unreachable: bool = False
    rules_in_manual: bool = False
    older_generations: bool = False
    step_down: bool = False
    conversation_judged: bool = False


Reason = Literal[
    "rule", "classifier", "manual", "not_dearer", "not_capable", "not_reachable", "abstained", "pinned", "budget"
]


class RouteReply(msgspec.Struct, frozen=True, kw_only=True):
    """The model to call and its provider. `score` is 0 (easy) to 1 (hard); `signals` name what moved it, strongest first.

    `rule_id` and `rule_name` are set where a rule decided; `skipped_rules` names rules that matched but could not be
    obeyed. `shadow_model` is what auto mode would have taken, in shadow mode. `features` are the numbers behind the score, to
    learn from. `simple`: every turn of the conversation up to here is, and no tool of it changes anything; once that does not hold, no
    later turn brings it back.
    """

    model: str
    provider: str
    reason: Reason
    tier: Tier | None = None
    score: float | None = None
    signals: tuple[str, ...] = ()
    rule_id: str | None = None
    rule_name: str | None = None
    skipped_rules: tuple[str, ...] = ()
    shadow_model: str | None = None
    features: tuple[float, ...] = ()
    simple: bool = False


ROUTE: Rpc[RouteRequest, RouteReply] = Rpc("promptly.v1.router.route", RouteRequest, RouteReply, 60)


class Learned(msgspec.Struct, frozen=True, kw_only=True):
    """What an organization's traffic says about the gain of its stronger models: sums, no prompts. Analytics adds them up,
    older ones fade; routers read them under the organization's id.

    A request's `RouteReply.features` are its gain and then `features` numbers. `histogram` counts the gains of `requests`
    requests in equal bins from `-reach` to `reach`. The other sums are over `labels` answers of models that stood in for
    the requested one, each with its features and a constant 1 behind them: `products` is the upper triangle of Σ x xᵀ, row
    by row, and `answers` is Σ x y, where y is 1 for an answer that was not good enough and else 0.
    """

    features: int
    requests: float = 0.0
    histogram: tuple[float, ...] = ()
    reach: float = 8.0
    labels: float = 0.0
    products: tuple[float, ...] = ()
    answers: tuple[float, ...] = ()


LEARNED = Bucket("promptly_learned", 60 * 86_400.0)
