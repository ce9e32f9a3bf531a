"""How many tokens a request has: counted by the provider that would serve it, never by having it answered."""

import asyncio
from collections.abc import Callable

import msgspec

from libs.common import context, tokens
from libs.common.catalog import Catalog
from libs.common.clock import Clock
from libs.common.errors import BadRequest
from services.gateway.domain.attempts import Failure, forwarded
from services.gateway.domain.outcome import CallTrace, Outcome
from services.gateway.domain.plan import initial
from services.gateway.domain.request import Incoming, Request
from services.gateway.domain.targets import Target, find_target, restricted
from services.gateway.endpoints.base import Attempt
from services.gateway.endpoints.counting import CountingEndpoint
from services.gateway.formats.estimate import rough
from services.gateway.formats.opaque import Cipher
from services.gateway.pipeline.admission import Admission, RateLimitCallback
from services.gateway.pipeline.parse_request import read_request
from services.gateway.pipeline.recorder import Recorder
from services.gateway.ports import Providers
from services.gateway.providers.base import EncodedRequest
from services.gateway.providers.registry import Registry
from services.gateway.state.counts import Counts

_LONG = 4_000
_TOO_LONG = 2_000_000
_PER_TOKEN = 4


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """An answer in the client's format. `estimated`: no provider has counted."""

    body: bytes
    estimated: bool = False


class CountTokens:
    """Counts. `rpm` is the limit per key and minute, apart from that of other requests."""

    def __init__(
        self,
        *,
        admission: Admission,
        providers: Providers,
        registry: Registry,
        catalog: Catalog,
        recorder: Recorder,
        counts: Counts,
        clock: Clock,
        ciphers: Callable[[str], Cipher],
        rpm: int,
    ) -> None:
        self._admission = admission
        self._providers = providers
        self._registry = registry
        self._catalog = catalog
        self._recorder = recorder
        self._counts = counts
        self._clock = clock
        self._ciphers = ciphers
        self._rpm = rpm

    async def run(self, endpoint: CountingEndpoint, incoming: Incoming, on_rate_limit: RateLimitCallback) -> Counted:
        """Count one request. `BadRequest` names what is wrong with it; whatever else goes wrong, the count is an estimate."""
        principal = await self._admission.authorize(incoming.api_key, endpoint.scope, incoming.principal)
        async with self._admission.acquire(principal, on_rate_limit, apart="count", rpm=self._rpm):
            principal = restricted(principal, self._registry.answering(endpoint.surface))
            request = read_request(endpoint, incoming, principal, "count", self._catalog)
            target = find_target(request.baseline_model, principal, self._catalog)
            request = msgspec.structs.replace(request, requested=target)
            record = self._recorder.open(request)
            plan = initial(request)
            with context.bound(request_id=request.id):
                try:
                    counted, trace = await self._count(endpoint, request, target)
                except asyncio.CancelledError:
                    raise
                except Exception as error:
                    await record.fail(plan, CallTrace(), error)
                    raise
                await record.close(plan, Outcome(status="success", trace=trace))
                return counted

    async def _count(
        self, endpoint: CountingEndpoint, request: Request, target: Target | None
    ) -> tuple[Counted, CallTrace]:
        trace = CallTrace()
        if target is not None:
            key = (request.principal.org_id, endpoint.count_key(request.envelope) + target.served_model.encode())
            if (known := self._counts.get(key)) is not None:
                return Counted(body=known), trace
            for at in range(len(target.keys)):
                attempt = self._attempt(request, target, at)
                encoded = endpoint.encode_count(attempt)
                if encoded is None:
                    break
                trace = msgspec.structs.replace(
                    trace,
                    called=trace.called or self._clock.monotonic(),
                    target_surface=encoded.surface.partition(":")[0],
                    raw=encoded.raw,
                )
                body = await self._ask(endpoint, attempt, encoded)
                trace = msgspec.structs.replace(trace, answered=self._clock.monotonic())
                if body is not None:
                    self._counts.put(key, body)
                    return Counted(body=body), trace
        return Counted(body=endpoint.write_count(await self._estimate(endpoint, request)), estimated=True), trace

    async def _ask(self, endpoint: CountingEndpoint, attempt: Attempt, encoded: EncodedRequest) -> bytes | None:
        """The provider's count; None where it has none to give. Its word on what is wrong with the request is the client's."""
        org_id = attempt.request.principal.org_id
        at = next(at for at, key in enumerate(attempt.target.keys) if key.id == attempt.key_id)
        try:
            answer = await self._providers.complete(attempt.target, at, org_id, encoded)
        except Failure as failure:
            if failure.status in (400, 413, 422):
                own = forwarded(failure) if encoded.forwarded else None
                raise (own or BadRequest(failure.message)) from None
            return None
        return endpoint.read_count(attempt, encoded, answer.content)

    def _attempt(self, request: Request, target: Target, key: int) -> Attempt:
        return Attempt(
            request=request,
            plan=initial(request),
            provider=self._registry[target.provider],
            target=target,
            known=self._catalog.find(target.served_model),
            without=frozenset(),
            created=int(self._clock.now().timestamp()),
            key_id=target.keys[key].id,
            cipher=self._ciphers(request.principal.org_id),
        )

    async def _estimate(self, endpoint: CountingEndpoint, request: Request) -> int:
        found = rough(endpoint.ask_count(request.envelope))
        if len(found.text) > _TOO_LONG:
            return found.beside + len(found.text) // _PER_TOKEN
        model = request.baseline_model
        if len(found.text) > _LONG:
            return found.beside + await asyncio.to_thread(tokens.count_text, model, found.text)
        return max(1, found.beside + tokens.count_text(model, found.text))
