"""An optimize call: credits, cache, optimizer, and its record."""

import asyncio
import hashlib
from dataclasses import dataclass, field
from typing import Literal

import msgspec
import structlog

from libs.common import context, tokens
from libs.common.clock import Clock
from libs.common.contracts.auth import OptimizationSettings, Principal
from libs.common.contracts.cache import ExactLookup, StoreAnswer
from libs.common.contracts.events import CompletionFinished, Status
from libs.common.contracts.optimizer import TextReply, TextRequest
from libs.common.errors import BadRequest, PromptlyError, Unavailable
from libs.common.jobs import Background
from services.gateway.domain.overrides import Overrides, parse, with_known
from services.gateway.domain.request import Incoming
from services.gateway.pipeline.admission import Admission, RateLimitCallback
from services.gateway.pipeline.request_report import RequestReport
from services.gateway.ports import (
    AnswerCache,
    Charge,
    Credits,
    DependencySkipped,
    Events,
    IdempotencyStore,
    TextOptimizer,
)
from services.gateway.translate import optimizing as wire
from services.gateway.translate.optimizing import OptimizeBody

log = structlog.get_logger()
# Prompts are counted as gpt-4o does; the shorter one may be sent to any model.
COUNTED_AS = "gpt-4o"
_LONG = 1_000  # characters: what takes longer to count than others should wait for
_MODEL = "promptly-optimize"
_MAX_KEY = 255


@dataclass
class _Call:
    """One optimize call while it runs: private to this module."""

    incoming: Incoming
    principal: Principal
    overrides: Overrides
    body: OptimizeBody
    idempotency: tuple[str, str] | None = None
    charge: Charge | None = None
    charged: int = 0
    made: TextReply | None = None
    cache: Literal["exact", "miss", "off"] = "off"
    recorded: bool = False
    degraded: list[str] = field(default_factory=list)


class OptimizeApi:
    """Shortens prompts for those who send them elsewhere themselves."""

    def __init__(
        self,
        *,
        admission: Admission,
        credits_: Credits,
        idempotency: IdempotencyStore,
        cache: AnswerCache,
        optimizer: TextOptimizer,
        events: Events,
        clock: Clock,
        rpm: int,
        background: Background,
        report: RequestReport,
    ) -> None:
        self._admission = admission
        self._credits = credits_
        self._idempotency = idempotency
        self._cache = cache
        self._optimizer = optimizer
        self._events = events
        self._clock = clock
        self._rpm = rpm
        self._background = background
        self._report = report

    async def run(self, incoming: Incoming, on_rate_limit: RateLimitCallback) -> bytes:
        """The answer, charged once. With an `Idempotency-Key` it is also made once, however often it is requested."""
        principal = await self._admission.authorize(incoming.api_key, "optimize", incoming.principal)
        rpm = min(self._rpm, principal.rpm)
        async with self._admission.acquire(principal, on_rate_limit, apart="optimize", rpm=rpm):
            call = _Call(incoming, principal, parse(incoming.headers, principal.tags), wire.read(incoming.body))
            key = incoming.headers.get("idempotency-key")
            if key is None:
                return await self._serve(call)
            if not 1 <= len(key) <= _MAX_KEY:
                raise BadRequest(f"Idempotency-Key: between 1 and {_MAX_KEY} characters.")
            call.idempotency = (key, hashlib.sha256(incoming.body).hexdigest())
            before = await self._idempotency.begin(principal.org_id, *call.idempotency)
            return await self._serve(call) if before is None else before

    async def balance(self, api_key: str | None, on_rate_limit: RateLimitCallback) -> int | None:
        """What a key's organization has left."""
        async with self._admission.without_model(api_key, on_rate_limit) as principal:
            return await self._credits.balance(principal.org_id)

    async def _serve(self, call: _Call) -> bytes:
        with context.bound(request_id=call.incoming.request_id):
            try:
                size = await self._count(call.body.prompt)
                call.charge = await self._credits.reserve(call.principal.org_id, size)
                call.made = await self._make(call)
            except asyncio.CancelledError as left:
                self._background.start("fail_optimize", self._failed(call, left))
                raise
            except Exception as error:
                await asyncio.shield(self._background.start("fail_optimize", self._failed(call, error)))
                raise
            # From here on it is done and charged, whether or not the client is still there.
            return await asyncio.shield(self._background.start("finish_optimize", self._finish(call, size)))

    async def _finish(self, call: _Call, size: int) -> bytes:
        """Keep the answer for a repetition, record the call, charge it."""
        assert call.made is not None
        assert call.charge is not None
        try:
            body = wire.answer(call.body, call.made, self._ms_since(call), cached=call.cache == "exact")
            if call.idempotency is not None:
                await self._idempotency.end(call.principal.org_id, *call.idempotency, body)
        except Exception as error:
            await self._failed(call, error)
            raise
        call.charged = size if call.charge.lease_id is not None else 0
        try:
            await self._record(call, "cached" if call.cache == "exact" else "success")
        except Exception:
            if call.idempotency is None:
                call.charged = 0
            await self._record(call, "error", status_code=500, error="internal_error")
            raise
        finally:
            # An answer that is kept will be given again, so it is paid for even where it could not be recorded.
            if call.charged:
                call.charge.capture()
            else:
                call.charge.release()
        return body

    async def _failed(self, call: _Call, error: BaseException) -> None:
        """Nothing is charged, and the same idempotency key may be used again."""
        if call.charge is not None:
            call.charge.release()
        if call.idempotency is not None:
            try:
                await self._idempotency.end(call.principal.org_id, *call.idempotency, None)
            except Exception as fault:  # the call is recorded all the same; the key expires by itself
                log.warning("idempotency_key_not_released", error_type=type(fault).__name__)
        if isinstance(error, PromptlyError):
            await self._record(call, "error", status_code=error.status, error=error.code)
        elif isinstance(error, asyncio.CancelledError):
            await self._record(call, "cancelled", status_code=499, error="client_left")
        else:
            await self._record(call, "error", status_code=500, error="internal_error")

    async def _make(self, call: _Call) -> TextReply:
        """From the cache, else from the optimizer."""
        body, org_id = call.body, call.principal.org_id
        made_of = [_MODEL, body.prompt, body.similarity_threshold, call.overrides.cache_scope]
        key = hashlib.sha256(msgspec.json.encode(made_of)).hexdigest()
        on = call.principal.settings.cache_enabled
        if on and call.overrides.read_cache:
            try:
                hit = await self._cache.exact(ExactLookup(org_id=org_id, fingerprint=key))
            except DependencySkipped as skipped:
                call.degraded.append(skipped.part)
            else:
                call.cache = "miss"
                if hit is not None:
                    call.cache = "exact"
                    return msgspec.json.decode(hit.answer, type=TextReply)
        try:
            made = await self._optimizer.optimize_text(
                TextRequest(text=body.prompt, similarity_threshold=body.similarity_threshold, org_id=org_id)
            )
        except DependencySkipped:
            raise Unavailable(
                "The optimizer cannot be reached right now; nothing was charged. Try again in a moment."
            ) from None
        if on and call.overrides.write_cache:
            self._cache.store(_stored(call, key, made, call.principal.settings))
        return made

    async def _count(self, prompt: str) -> int:
        if len(prompt) > _LONG:
            return await asyncio.to_thread(tokens.count_text, COUNTED_AS, prompt)
        return tokens.count_text(COUNTED_AS, prompt)

    async def _record(self, call: _Call, outcome: Status, *, status_code: int = 200, error: str | None = None) -> None:
        """Publish the record; no answer is given without one."""
        made = call.made if error is None else None
        event = CompletionFinished(
            id=call.incoming.request_id,
            org_id=call.principal.org_id,
            key_id=call.principal.key_id,
            user_id=call.principal.user_id,
            kind="optimize",
            status=outcome,
            status_code=status_code,
            error_code=error,
            end_user=call.principal.end_user,
            tags=with_known({**wire.tags(call.body.metadata), **call.overrides.tags}, call.principal.tags),
            time_ms=call.incoming.time_ms,
            baseline_model=_MODEL,
            routed_model=_MODEL,
            served_model=made.method if made else None,
            original_tokens=made.original_tokens if made else 0,
            optimized_tokens=made.compressed_tokens if made else 0,
            baseline_cost_nano=0,
            actual_cost_nano=0,
            cache=call.cache,
            latency_ms=self._ms_since(call),
            overhead_ms=self._ms_since(call),
            degraded=tuple(call.degraded),
            charged_tokens=call.charged,
            credit_lease=call.charge.lease_id if call.charge and call.charged else None,
        )
        self._report.finished(event)
        await self._events.finished(event)
        call.recorded = True

    def _ms_since(self, call: _Call) -> float:
        return round((self._clock.monotonic() - call.incoming.accepted) * 1000, 3)


def _stored(call: _Call, key: str, made: TextReply, settings: OptimizationSettings) -> StoreAnswer:
    return StoreAnswer(
        org_id=call.principal.org_id,
        scope=_MODEL,
        fingerprint=key,
        query=None,
        ttl_seconds=settings.cache_ttl_seconds,
        answer=msgspec.Raw(msgspec.json.encode(made)),
        served_model=made.method,
        provider="promptly",
        prompt_tokens=made.original_tokens,
        completion_tokens=0,
        request_id=call.incoming.request_id,
    )
