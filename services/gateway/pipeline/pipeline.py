"""The way of a request, step by step. No HTTP and no bus in here: what it needs comes through ports."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Coroutine, Iterator, Sequence
from typing import Any, TypeVar

import msgspec

from libs.common import context, tokens
from libs.common.catalog import Catalog
from libs.common.contracts.cache import CacheHit
from libs.common.contracts.events import CompletionFinished
from libs.common.contracts.optimizer import OptimizeRequest
from libs.common.contracts.router import RouteRequest
from libs.common.errors import PromptlyError
from services.gateway.domain import subrequests, turns
from services.gateway.domain.targets import find_target, unreachable
from services.gateway.domain.work import Incoming, Plain, Streamed, Work
from services.gateway.pipeline.admission import Admission, RateLimitCallback
from services.gateway.pipeline.parse_request import read
from services.gateway.pipeline.provider_call import Caller
from services.gateway.pipeline.recorder import Delivery
from services.gateway.ports import AnswerCache, Budgets, DependencySkipped, Optimizer, Router, ToolCallStore
from services.gateway.state.prefix_cache import PrefixCacheTracker
from services.gateway.state.single_flight import SingleFlight

T = TypeVar("T")


class Pipeline:
    """One chat completion: key, cache, prompt, model, provider, answer, and the record of it."""

    def __init__(
        self,
        *,
        admission: Admission,
        budgets: Budgets,
        cache: AnswerCache,
        optimizer: Optimizer,
        router: Router,
        turns: ToolCallStore,
        caller: Caller,
        delivery: Delivery,
        conversations: PrefixCacheTracker,
        flights: SingleFlight,
        catalog: Catalog,
    ) -> None:
        self._admission = admission
        self._budgets = budgets
        self._cache = cache
        self._optimizer = optimizer
        self._router = router
        self._turns = turns
        self._caller = caller
        self._delivery = delivery
        self._conversations = conversations
        self._flights = flights
        self._catalog = catalog

    async def run(self, incoming: Incoming, admitted: RateLimitCallback) -> Plain | Streamed:
        """Serve one request. `admitted` is told the rate limit's verdict as soon as it is known."""
        principal = await self._admission.identify(incoming.api_key, known=incoming.principal)
        async with self._admission.room(principal, admitted) as room:
            answer = await self._serve(read(incoming, principal, self._catalog))
            if isinstance(answer, Plain):
                return answer
            room.handed_over = True
            return Streamed(work=answer.work, chunks=room.until_sent(answer.chunks))

    async def each(
        self, incoming: Incoming, bodies: Sequence[bytes], admitted: RateLimitCallback
    ) -> AsyncGenerator[Plain | Streamed, None]:
        """Serve several bodies one after the other, and record them as one request; limits count each of them."""
        principal = await self._admission.identify(incoming.api_key, known=incoming.principal)
        async with self._admission.room(principal, admitted, count=len(bodies)):
            parts: list[CompletionFinished] = []
            try:
                for body in bodies:
                    work = read(msgspec.structs.replace(incoming, body=body), principal, self._catalog)
                    work.kind, work.parts = "completion", parts
                    yield await self._serve(work)
            finally:
                await asyncio.shield(self._delivery.together(parts, incoming.request_id))

    async def _serve(self, work: Work) -> Plain | Streamed:
        with context.bound(request_id=work.request_id):
            try:
                hit = await self._exact_hit(work) or await self._prepare(work)
                if hit is not None:
                    return await self._serve_hit(work, hit)
                self._aim(work)
                return await self._serve_call(work)
            except PromptlyError as error:
                await self._delivery.failed(work, error)
                raise
            except asyncio.CancelledError:
                self._delivery.left(work)
                raise
            except Exception:  # a fault of ours, which the door tells and logs; the log of requests has it too
                await self._delivery.broke(work)
                raise

    async def _exact_hit(self, work: Work) -> CacheHit | None:
        """The answer to this very request, also where somebody else is waiting for it right now."""
        lookup = subrequests.exact_lookup(work)
        if lookup is None:
            return None
        if work.overrides.write_cache:
            # Before the look-up: an answer that lands between the two would be missed.
            shared, work.waited = await self._flights.join((lookup.org_id, lookup.fingerprint))
            if isinstance(shared, CacheHit):
                return shared
            work.flight = shared
        return await _or_skip(work, self._cache.exact(lookup))

    async def _prepare(self, work: Work) -> CacheHit | None:
        """Look for a paraphrase, shorten and route side by side: none of the three needs another."""
        await self._recall(work)
        side = [asyncio.create_task(step) for step in self._side_steps(work)]
        try:
            hit = await self._semantic_hit(work)
            if hit is None and side:
                await asyncio.gather(*side)
            return hit
        finally:
            for task in side:
                task.cancel()

    async def _recall(self, work: Work) -> None:
        """What earlier turns left behind: who made the tool calls, and what the provider has cached."""
        if ids := turns.call_ids(work.chat):
            work.recalled = await _or_skip(work, self._turns.load(work.principal.org_id, ids)) or {}
        work.warm = self._conversations.lookup(work.principal.org_id, work.chat)

    async def _semantic_hit(self, work: Work) -> CacheHit | None:
        lookup = subrequests.semantic_lookup(work)
        if lookup is None or "cache" in work.degraded:
            return None
        return await _or_skip(work, self._cache.semantic(lookup))

    def _side_steps(self, work: Work) -> Iterator[Coroutine[Any, Any, None]]:
        if subrequests.shortens(work):
            yield self._optimize(work, subrequests.optimize_request(work, self._catalog))
        if (route := subrequests.route_request(work)) is not None:
            yield self._route(work, route)

    async def _optimize(self, work: Work, request: OptimizeRequest) -> None:
        work.optimized = await _or_skip(work, self._optimizer.optimize(request))

    async def _route(self, work: Work, request: RouteRequest) -> None:
        work.route = await _or_skip(work, self._router.route(request))

    def _aim(self, work: Work) -> None:
        """Turn the router's choice into a provider and its keys; without a choice the requested model stays."""
        # A loop that goes on stays with its model, also where there is no router to say so.
        chosen = work.pinned if work.route is None and work.settings.routing_mode == "auto" else None
        chosen = chosen or (work.route.model if work.route is not None else None)
        if chosen is not None:
            work.target = find_target(chosen, work.principal, self._catalog) or work.requested
        if work.target is None:
            raise unreachable(work.baseline_model, work.principal, self._catalog)

    async def _serve_hit(self, work: Work, hit: CacheHit) -> Plain | Streamed:
        work.hit, work.cache, work.served_model = hit, hit.kind, hit.served_model
        work.original_tokens = hit.prompt_tokens
        if hit.kind == "semantic":
            messages = msgspec.json.decode(work.chat.raw["messages"])
            work.original_tokens = tokens.count_messages(work.baseline_model, messages)
        work.price(self._catalog)
        body = await self._delivery.hit(work, hit)
        return Streamed(work=work, chunks=_once(body)) if work.chat.stream else Plain(work=work, body=body)

    async def _serve_call(self, work: Work) -> Plain | Streamed:
        if work.principal.monthly_budget_nano is not None:
            reserved = await self._budgets.reserve(work.principal, work.expected_nano(self._catalog))
            work.settle = lambda nano: reserved.settle(work.spent_nano(self._catalog) if nano is None else nano)
        if work.chat.stream:
            stream = await self._caller.stream(work)
            return Streamed(work=work, chunks=self._delivery.relay(work, stream))
        data, answer = await self._caller.complete(work)
        return Plain(work=work, body=await self._delivery.plain(work, data, answer))


async def _or_skip(work: Work, asked: Awaitable[T]) -> T | None:
    """What a part that saves answered; a part that is down or slow is noted and gone without."""
    try:
        return await asked
    except DependencySkipped as skipped:
        work.degrade(skipped.part)
        return None


async def _once(body: bytes) -> AsyncGenerator[bytes, None]:
    yield body
