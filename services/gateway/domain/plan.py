"""What is decided about a request: which answer of the cache, or which model with which messages."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from libs.common.contracts.cache import CacheHit
from libs.common.contracts.events import LeverName
from libs.common.contracts.optimizer import OptimizeReply
from libs.common.contracts.router import RouteReply
from libs.common.errors import BadRequest
from services.gateway.domain.prefix import PrefixState
from services.gateway.domain.request import Request
from services.gateway.domain.targets import Target
from services.gateway.domain.turns import Kept


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """One request's plan, as far as it has come. Steps return a new one.

    `waited` is how many seconds another request's call was waited for; `recalled` what is known of the tool calls in the
    conversation, by their id; `body` is the client's body with the optimizer's texts, where its format is not the optimizer's;
    `definitions` are the shorter descriptions of its tools, by those that it has;
    `refusal` the router's error where no key reaches a model that would do; `fallback_used` says that the client's own request went out
    in the end, `instead_used` that it went to a model that its alias has for this; `budget_exceeded` names the budget that wants the
    request to be routed as a simple one; `degraded` names the services that were skipped.
    """

    cache: Literal["exact", "semantic", "miss", "off"] = "off"
    hit: CacheHit | None = None
    waited: float = 0.0
    recalled: Mapping[str, Kept] = {}
    prefix: PrefixState | None = None
    optimized: OptimizeReply | None = None
    body: bytes | None = None
    definitions: Mapping[str, str] = {}
    route: RouteReply | None = None
    refusal: BadRequest | None = None
    target: Target | None = None
    fallback_used: bool = False
    instead_used: bool = False
    budget_exceeded: str | None = None
    degraded: tuple[str, ...] = ()

    def without(self, *services: str) -> "Plan":
        """The same, with these services noted as skipped."""
        new = tuple(name for name in dict.fromkeys(services) if name not in self.degraded)
        return msgspec.structs.replace(self, degraded=(*self.degraded, *new)) if new else self

    def answered_by(self, hit: CacheHit) -> "Plan":
        """The same, answered by the cache."""
        return msgspec.structs.replace(self, hit=hit, cache=hit.kind)

    def instead(self, target: Target) -> "Plan":
        """The same with the client's own request, to a model that answers for the one that it named."""
        return msgspec.structs.replace(self, target=target, fallback_used=True, instead_used=True)

    def fallback(self, target: Target) -> "Plan":
        """The same with the client's own request, to the model that it named."""
        return msgspec.structs.replace(self, target=target, fallback_used=True)

    @property
    def shorter(self) -> OptimizeReply | None:
        """The optimizer's reply, if its messages go out instead of the client's."""
        if self.optimized is None or not self.optimized.changed or self.fallback_used:
            return None
        return self.optimized

    @property
    def shortened(self) -> bytes | None:
        """The client's body with shorter texts, if that goes out and the client's format is not the optimizer's."""
        return None if self.shorter is None else self.body

    @property
    def removed(self) -> list[tuple[LeverName, int]]:
        """Tokens that levers removed, in pipeline order; none once the original messages went out."""
        shorter = self.shorter
        return [] if shorter is None else [(saving.lever, saving.tokens) for saving in shorter.levers]

    @property
    def not_done(self) -> tuple[str, ...]:
        """Cuts that the optimizer left out because they would have cost more than they save, each with its reason."""
        if self.optimized is None or self.hit is not None:
            return ()
        return tuple(note.reason for note in self.optimized.notes if note.outcome == "not_worth_it")


def initial(request: Request) -> Plan:
    """The plan before the first step."""
    reads = request.cache_key is not None and request.overrides.read_cache
    return Plan(cache="miss" if reads else "off", target=request.requested)


def routed_model(request: Request, plan: Plan) -> str:
    """The name of the model that was chosen."""
    return request.baseline_model if plan.target is None else plan.target.model


def pinned_model(request: Request, plan: Plan) -> str | None:
    """The model that a tool loop goes on with: the one whose calls this request answers, else the session's."""
    ids = request.calls.open
    if (stepped_down := _stepped_down(request, plan)) is not None:
        return stepped_down.served_model
    called = next((plan.recalled[name].served_model for name in ids if name in plan.recalled), None)
    if called is not None or request.session_name is None or not request.calls.in_loop:
        return called
    return session_model(request, plan) or request.baseline_model


def _stepped_down(request: Request, plan: Plan) -> Kept | None:
    """What is kept of a session that a budget has moved."""
    kept = None if request.session_name is None else plan.recalled.get(request.session_name)
    return kept if kept is not None and kept.stepped_down else None


def session_model(request: Request, plan: Plan) -> str | None:
    """The model that another turn of this session was moved to; None: none is known."""
    known = None if request.session_name is None else plan.recalled.get(request.session_name)
    return None if known is None else known.served_model


def session_kept(request: Request, plan: Plan) -> dict[str, Kept]:
    """What to keep of the session: its model, from the moment that this is not the requested one."""
    if request.session_name is None or plan.target is None:
        return {}
    served, before = plan.target.model, session_model(request, plan)
    if served == (before or request.baseline_model):
        return {}
    moved = plan.route is not None and plan.route.reason == "budget" and not plan.fallback_used
    return {request.session_name: Kept(served_model=served, stepped_down=moved)}


def is_changed(request: Request, plan: Plan) -> bool:
    """Whether the provider gets another request than the client sent."""
    shortened = plan.optimized is not None and plan.optimized.changed
    thought = any(known.blocks for known in plan.recalled.values())
    return not plan.fallback_used and (shortened or thought or plan.target != request.requested)
