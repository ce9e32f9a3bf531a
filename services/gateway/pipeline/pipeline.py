"""What happens to a request: authenticate, admit, parse, look up, plan, call, record. No HTTP and no bus in here."""

import asyncio
from functools import partial

import msgspec

from libs.common import context
from libs.common.catalog import Catalog
from services.gateway.domain.outcome import CallTrace
from services.gateway.domain.plan import initial, routed_model
from services.gateway.domain.request import Incoming, Kind, Request
from services.gateway.domain.targets import restricted
from services.gateway.endpoints.base import Endpoint
from services.gateway.pipeline.admission import Admission, RateLimitCallback
from services.gateway.pipeline.budget_check import BudgetCheck
from services.gateway.pipeline.cache_lookup import CacheLookup
from services.gateway.pipeline.deferrals import Deferrable, Deferrals
from services.gateway.pipeline.parse_request import parse_request, parsed
from services.gateway.pipeline.planner import Planner
from services.gateway.pipeline.provider_call import ProviderCall, ProviderCalls
from services.gateway.pipeline.recorder import Recorder, RequestRecord
from services.gateway.pipeline.responder import Responder
from services.gateway.pipeline.response import Response, cached, release_after
from services.gateway.pipeline.response_keeper import ResponseKeeper
from services.gateway.ports import Budgets
from services.gateway.providers.registry import Registry


class Pipeline:
    """Serves requests of any endpoint."""

    def __init__(
        self,
        *,
        admission: Admission,
        cache_lookup: CacheLookup,
        planner: Planner,
        budgets: Budgets,
        provider_calls: ProviderCalls,
        responder: Responder,
        recorder: Recorder,
        registry: Registry,
        catalog: Catalog,
        deferrals: Deferrals | None = None,
    ) -> None:
        self._deferrals = deferrals
        self.admission = admission
        self.recorder = recorder
        self._cache_lookup = cache_lookup
        self._planner = planner
        self._budget_check = BudgetCheck(budgets, catalog)
        self._provider_calls = provider_calls
        self._responder = responder
        self._registry = registry
        self._catalog = catalog

    async def run(self, endpoint: Endpoint, incoming: Incoming, on_rate_limit: RateLimitCallback) -> Response:
        """Serve one request. `on_rate_limit` gets the rate limit's verdict as soon as it is known."""
        principal = await self.admission.authorize(incoming.api_key, endpoint.scope, incoming.principal)
        incoming = msgspec.structs.replace(incoming, principal=principal)
        async with self.admission.acquire(principal, on_rate_limit) as permit:
            request = await self.read(endpoint, incoming)
            deferrable = None
            if request.kind == "chat" or request.kind == "messages":
                deferrable = Deferrable(surface=request.kind, incoming=incoming)
            record = self.recorder.open(request)
            response = await self.serve(endpoint, request, record, deferrable=deferrable)
            return await release_after(permit, response)

    async def read(self, endpoint: Endpoint, incoming: Incoming) -> Request:
        """See `parse`; as `parsed` does it."""
        return await parsed(partial(self.parse, endpoint, incoming), len(incoming.body))

    def parse(self, endpoint: Endpoint, incoming: Incoming, kind: Kind | None = None) -> Request:
        """The request; `BadRequest` names what is wrong with it."""
        assert incoming.principal is not None, "requests are authorized before they are parsed"
        principal = restricted(incoming.principal, self._registry.answering(endpoint.surface))
        return parse_request(endpoint, incoming, principal, self._catalog, kind)

    async def serve(
        self,
        endpoint: Endpoint,
        request: Request,
        record: RequestRecord,
        keeper: ResponseKeeper | None = None,
        deferrable: Deferrable | None = None,
    ) -> Response:
        """Answer an admitted request. Whatever happens, its record is closed, or will be by the stream that is returned, or by whoever
        answers a request that waits. `keeper` keeps the response; what is `deferrable` may be answered with a status address.
        """
        plan, call = initial(request), None
        with context.bound(request_id=request.id):
            try:
                plan = await self._cache_lookup.exact(request, plan, record)
                if plan.hit is None:
                    plan = await self._budget_check.step_down(request, plan)
                    plan = await self._planner.plan(request, plan)
                if plan.hit is not None:
                    body = await self._responder.on_cache_hit(endpoint, request, plan, record, keeper)
                    return cached(endpoint, request, plan.hit.served_model or routed_model(request, plan), body)
                plan = self._planner.select_target(request, plan)
                reserved = await self._budget_check.reserve(request, plan, record)
                call = self._provider_calls.start(endpoint, request, plan)
                if self._deferrals is not None and deferrable is not None:
                    accepted = await self._deferrals.accept(deferrable, request, call, record, reserved)
                    if accepted is not None:
                        return accepted
                return await self._answer(endpoint, request, call, record, keeper)
            except asyncio.CancelledError:
                self._responder.record_cancelled(request, call.plan if call else plan, record, call)
                raise
            except Exception as error:
                trace = call.trace if call else CallTrace()
                await record.fail(call.plan if call else plan, trace, error)
                raise

    async def _answer(
        self,
        endpoint: Endpoint,
        request: Request,
        call: ProviderCall,
        record: RequestRecord,
        keeper: ResponseKeeper | None,
    ) -> Response:
        if not request.envelope.stream:
            body = await self._responder.on_response(endpoint, request, call, await call.complete(), record, keeper)
            return _response(endpoint, request, call, body)
        opened = await call.stream()
        chunks = self._responder.stream(request, call, opened, record, keeper)
        await anext(chunks)  # begun, so that closing it closes the record
        stream, made = opened.answer, _response(endpoint, request, call)
        return msgspec.structs.replace(made, chunks=chunks, error=stream.error, keep_alive=stream.keep_alive)


def _response(endpoint: Endpoint, request: Request, call: ProviderCall, body: bytes = b"") -> Response:
    return Response(
        body=body,
        cache="miss" if call.plan.cache == "miss" else "off",
        model=call.trace.served_model or routed_model(request, call.plan),
        media_type=endpoint.media_type(request.envelope),
        error=lambda error: endpoint.stream_error(error, request.id),
        headers=call.headers,
        dropped=call.trace.dropped,
        degraded=call.plan.degraded,
        arm=request.arm,
    )
