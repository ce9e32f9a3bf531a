"""Everything between the exact cache and the provider: semantic cache, optimizer and router, side by side."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec
import structlog

from libs.common.catalog import Catalog
from libs.common.contracts.cache import CacheHit
from libs.common.contracts.optimizer import OptimizeReply
from libs.common.contracts.router import RouteReply, RouteRequest
from libs.common.errors import BadRequest
from services.gateway.domain import subrequests
from services.gateway.domain.plan import Plan, pinned_model, session_model
from services.gateway.domain.request import Request
from services.gateway.domain.targets import find_target, unreachable
from services.gateway.ports import AnswerCache, DependencySkipped, Optimizer, Router, ToolCallStore
from services.gateway.state.prefix_cache import PrefixCacheTracker

log = structlog.get_logger()
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Shortened:
    """The optimizer's reply, and the client's body with its texts where the client's format is not the optimizer's."""

    reply: OptimizeReply
    body: bytes | None = None
    definitions: Mapping[str, str] = field(default_factory=dict)


_Side = asyncio.Task[tuple[T | None, tuple[str, ...]]]


class Planner:
    """Makes plans."""

    def __init__(
        self,
        cache: AnswerCache,
        optimizer: Optimizer,
        router: Router,
        tool_calls: ToolCallStore,
        prefixes: PrefixCacheTracker,
        catalog: Catalog,
    ) -> None:
        self._cache = cache
        self._optimizer = optimizer
        self._router = router
        self._tool_calls = tool_calls
        self._prefixes = prefixes
        self._catalog = catalog

    async def plan(self, request: Request, plan: Plan) -> Plan:
        """The plan with a hit of the semantic cache, or with what optimizer and router say. None of the three needs another."""
        plan = await self._recall(request, plan.without(*subrequests.too_long_for(request)))
        optimizing, routing = self._optimize(request, plan), self._route(request, plan)
        side = [task for task in (optimizing, routing) if task is not None]
        try:
            hit, skipped = await _or_skip(lambda: self._semantic_hit(request, plan))
            plan = plan.without(*skipped)
            if hit is not None:
                return plan.answered_by(hit)
            shortened, no_optimizer = (None, ()) if optimizing is None else await optimizing
            routed, no_router = (None, ()) if routing is None else await routing
        finally:
            for task in side:
                task.cancel()
        return msgspec.structs.replace(
            plan.without(*no_optimizer, *no_router),
            optimized=None if shortened is None else shortened.reply,
            body=None if shortened is None else shortened.body,
            definitions={} if shortened is None else shortened.definitions,
            route=routed if isinstance(routed, RouteReply) else None,
            refusal=routed if isinstance(routed, BadRequest) else None,
        )

    def select_target(self, request: Request, plan: Plan) -> Plan:
        """The plan with a provider and its keys; without the router's choice the requested model stays. Raises the error of a
        request that no key can serve.
        """
        if plan.refusal is not None:
            raise plan.refusal
        # A tool loop and a session stay with their model, also where there is no router to say so.
        pinned = plan.route is None and request.settings.routing_mode == "auto"
        chosen = (pinned_model(request, plan) or session_model(request, plan)) if pinned else None
        chosen = chosen or (plan.route.model if plan.route is not None else None)
        target = request.requested
        if chosen is not None:
            target = find_target(chosen, request.principal, self._catalog) or target
        if target is None:
            raise unreachable(request.baseline_model, request.principal, self._catalog)
        return msgspec.structs.replace(plan, target=target)

    async def _recall(self, request: Request, plan: Plan) -> Plan:
        """What earlier turns left: who made the tool calls, and what the provider has cached."""
        org_id = request.principal.org_id
        session = _session(request)
        if ids := (*request.calls.all, *session):
            # An answer that was called upon long ago is kept by now, whoever gave it; the last one may be on its way from another gateway.
            new = (*request.calls.open, *session)
            recalled, skipped = await _or_skip(lambda: self._tool_calls.load(org_id, ids, may_come=new))
            plan = msgspec.structs.replace(plan.without(*skipped), recalled=recalled or {})
        if request.chat is None:
            return plan
        return msgspec.structs.replace(plan, prefix=self._prefixes.lookup(org_id, request.chat))

    async def _semantic_hit(self, request: Request, plan: Plan) -> CacheHit | None:
        lookup = subrequests.semantic_lookup(request)
        return None if lookup is None or "cache" in plan.degraded else await self._cache.semantic(lookup)

    def _optimize(self, request: Request, plan: Plan) -> _Side[_Shortened] | None:
        if not subrequests.optimization_enabled(request):
            return None
        return asyncio.create_task(_or_skip(lambda: self._shortened(request, plan)))

    async def _shortened(self, request: Request, plan: Plan) -> _Shortened:
        """What the optimizer makes of a request. It is skipped where its reply has no form in the client's format."""
        chat = request.chat
        assert chat is not None, "nothing is shortened that nobody reads"
        asked = subrequests.optimize_request(request, plan, self._catalog)
        reply = await self._optimizer.optimize(asked, chat)
        # Of a longer list nobody knows which text is which.
        told = reply.definitions if len(reply.definitions) == len(asked.definitions) else ()
        definitions = {before: after for before, after in zip(asked.definitions, told, strict=False) if after}
        if chat.own is None or not reply.changed:
            return _Shortened(reply, definitions=definitions)
        body = chat.own.body(reply.messages, reply.positions)
        if body is None:
            log.warning("reply_unusable", part="optimizer", reason="no form in the client's format")
            raise DependencySkipped("optimizer")
        return _Shortened(reply, body, definitions)

    def _route(self, request: Request, plan: Plan) -> _Side[RouteReply | BadRequest] | None:
        subrequest = subrequests.route_request(request, plan)
        return None if subrequest is None else asyncio.create_task(_or_skip(lambda: self._routed(subrequest)))

    async def _routed(self, request: RouteRequest) -> RouteReply | BadRequest:
        try:
            return await self._router.route(request)
        except BadRequest as refusal:
            return refusal


def _session(request: Request) -> tuple[str, ...]:
    """The session's name, where an earlier turn may have left its model."""
    name, chat = request.session_name, request.chat
    return (name,) if name is not None and chat is not None and chat.goes_on else ()


async def _or_skip(call: Callable[[], Awaitable[T]]) -> tuple[T | None, tuple[str, ...]]:
    """What a service that saves answered; one that is down or slow is skipped, and its name returned."""
    try:
        return await call(), ()
    except DependencySkipped as skipped:
        return None, (skipped.part,)
