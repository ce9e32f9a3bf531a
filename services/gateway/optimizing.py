"""The way of an optimize call: credits, cache, optimizer, and the record of it."""

import asyncio
import hashlib
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

import msgspec

from libs.common import context, tokens
from libs.common.clock import Clock
from libs.common.contracts.auth import OptimizationSettings, Principal
from libs.common.contracts.cache import ExactLookup, StoreAnswer
from libs.common.contracts.events import CompletionFinished, Status
from libs.common.contracts.optimizer import TextReply, TextRequest
from libs.common.errors import BadRequest, PromptlyError, Unavailable
from services.gateway.admission import Admission, Admitted
from services.gateway.domain.overrides import Overrides, parse
from services.gateway.domain.work import Incoming
from services.gateway.measuring import measure
from services.gateway.ports import AnswerCache, Charge, Credits, Events, Once, Skipped, TextOptimizer
from services.gateway.translate import optimizing as wire
from services.gateway.translate.optimizing import OptimizeBody

T = TypeVar("T")
# Prompts are counted as gpt-4o does; whoever sends the shorter one may send it to anybody.
COUNTED_AS = "gpt-4o"
_LONG = 1_000  # characters: what takes longer to count than others should wait for
_MODEL = "promptly-optimize"
_MAX_KEY = 255


@dataclass
class _Call:
    """One optimize call on its way."""

    incoming: Incoming
    principal: Principal
    overrides: Overrides
    asked: OptimizeBody
    once: tuple[str, str] | None = None
    charge: Charge | None = None
    charged: int = 0
    made: TextReply | None = None
    cache: Literal["exact", "miss", "off"] = "off"
    recorded: bool = False
    degraded: list[str] = field(default_factory=list)


class Optimizing:
    """Shortens prompts for those who send them elsewhere themselves."""

    def __init__(
        self,
        *,
        admission: Admission,
        credits_: Credits,
        once: Once,
        cache: AnswerCache,
        optimizer: TextOptimizer,
        events: Events,
        clock: Clock,
        rpm: int,
    ) -> None:
        self._admission = admission
        self._credits = credits_
        self._once = once
        self._cache = cache
        self._optimizer = optimizer
        self._events = events
        self._clock = clock
        self._rpm = rpm
        self._detached: set[asyncio.Task[Any]] = set()

    async def run(self, incoming: Incoming, admitted: Admitted) -> bytes:
        """The answer, charged once. With an `Idempotency-Key` it is also given once, however often it is asked for."""
        principal = await self._admission.identify(incoming.api_key, "optimize", incoming.principal)
        rpm = min(self._rpm, principal.rpm)
        async with self._admission.room(principal, admitted, apart="optimize", rpm=rpm):
            call = _Call(incoming, principal, parse(incoming.headers), wire.read(incoming.body))
            key = incoming.headers.get("idempotency-key")
            if key is None:
                return await self._serve(call)
            if not 1 <= len(key) <= _MAX_KEY:
                raise BadRequest(f"Idempotency-Key: between 1 and {_MAX_KEY} characters.")
            call.once = (key, hashlib.sha256(incoming.body).hexdigest())
            before = await self._once.begin(principal.org_id, *call.once)
            return await self._serve(call) if before is None else before

    async def settle(self) -> None:
        """Wait for what goes on after its client has left."""
        while self._detached:
            await asyncio.wait(self._detached)

    async def balance(self, api_key: str | None, admitted: Admitted) -> int | None:
        """What a key's organisation has left."""
        async with self._admission.besides(api_key, admitted) as principal:
            return await self._credits.balance(principal.org_id)

    async def _serve(self, call: _Call) -> bytes:
        with context.bound(request_id=call.incoming.request_id):
            try:
                size = await self._count(call.asked.prompt)
                call.charge = await self._credits.reserve(call.principal.org_id, size)
                call.made = await self._make(call)
            except asyncio.CancelledError as left:
                self._detach(self._failed(call, left))
                raise
            except Exception as error:
                await asyncio.shield(self._detach(self._failed(call, error)))
                raise
            # From here on it is done and charged, whether or not the client is still there.
            return await asyncio.shield(self._detach(self._finish(call, size)))

    async def _finish(self, call: _Call, size: int) -> bytes:
        """Keep the answer for a repetition, write the call down, charge it."""
        assert call.made is not None
        assert call.charge is not None
        body = wire.answer(call.asked, call.made, self._ms_since(call), cached=call.cache == "exact")
        try:
            if call.once is not None:
                await self._once.end(call.principal.org_id, *call.once, body)
        except PromptlyError as error:
            await self._failed(call, error)
            raise
        call.charged = size if call.charge.lease_id is not None else 0
        try:
            await self._record(call, "cached" if call.cache == "exact" else "success")
        finally:
            # An answer that is kept will be given again, so it is paid for even where nobody could write it down.
            if call.once is not None or call.recorded:
                call.charge.keep()
            else:
                call.charge.undo()
        return body

    async def _failed(self, call: _Call, error: BaseException) -> None:
        """Nothing is charged, and the same key may come again."""
        if call.charge is not None:
            call.charge.undo()
        if call.once is not None:
            with suppress(PromptlyError):
                await self._once.end(call.principal.org_id, *call.once, None)
        if isinstance(error, PromptlyError):
            await self._record(call, "error", status_code=error.status, error=error.code)
        elif isinstance(error, asyncio.CancelledError):
            await self._record(call, "cancelled", status_code=499, error="client_left")
        else:
            await self._record(call, "error", status_code=500, error="internal_error")

    async def _make(self, call: _Call) -> TextReply:
        """From the cache, else from the optimizer."""
        asked, org_id = call.asked, call.principal.org_id
        made_of = [_MODEL, asked.prompt, asked.similarity_threshold, call.overrides.cache_scope]
        key = hashlib.sha256(msgspec.json.encode(made_of)).hexdigest()
        on = call.principal.settings.cache_enabled
        if on and call.overrides.read_cache:
            try:
                hit = await self._cache.exact(ExactLookup(org_id=org_id, fingerprint=key))
            except Skipped as skipped:
                call.degraded.append(skipped.part)
            else:
                call.cache = "miss"
                if hit is not None:
                    call.cache = "exact"
                    return msgspec.json.decode(hit.answer, type=TextReply)
        try:
            made = await self._optimizer.optimize_text(
                TextRequest(text=asked.prompt, similarity_threshold=asked.similarity_threshold, org_id=org_id)
            )
        except Skipped:
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
        """Nobody gets an answer that is not written down."""
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
            tags={**wire.tags(call.asked.metadata), **call.overrides.tags},
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
        measure(event)
        await self._events.finished(event)
        call.recorded = True

    def _detach(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.create_task(work)
        self._detached.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._detached.discard(task)
        if not task.cancelled():
            task.exception()  # told to whoever waited for it; nobody may have

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
