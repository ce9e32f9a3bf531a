"""The answer: with its metadata to the client, into the cache, and onto the record."""

from collections.abc import AsyncGenerator

import msgspec
import structlog

from libs.common import tokens
from libs.common.catalog import Catalog
from libs.common.clock import Clock
from libs.common.contracts.cache import CacheHit, StoreAnswer, cache_entry_id
from libs.common.contracts.events import Status
from libs.common.errors import PromptlyError
from libs.common.jobs import Background
from services.gateway.domain.attempts import Failure, client_error
from services.gateway.domain.completion_event import response_metadata
from services.gateway.domain.outcome import CallTrace, Outcome, TokenCounts
from services.gateway.domain.plan import Plan, session_kept
from services.gateway.domain.pricing import price_call, price_hit
from services.gateway.domain.request import Request
from services.gateway.domain.rough_tokens import rough_tokens
from services.gateway.domain.subrequests import MAX_MESSAGE_BYTES
from services.gateway.domain.turns import made_with
from services.gateway.endpoints.base import AnswerStream, AnswerSummary, CompleteAnswer, Endpoint
from services.gateway.pipeline.provider_call import OpenStream, ProviderCall
from services.gateway.pipeline.recorder import CLIENT_LEFT, RequestRecord, internal_error
from services.gateway.pipeline.response_keeper import NOT_STORED, ResponseKeeper
from services.gateway.pipeline.token_counts import count
from services.gateway.ports import AnswerCache
from services.gateway.state.org_rotation import OrgRotation
from services.gateway.state.prefix_cache import PrefixCacheTracker

log = structlog.get_logger()
_NOTHING = AnswerSummary(model=None, service_tier=None, usage=None, text="", has_content=False, complete=False)


class Responder:
    """Writes answers."""

    def __init__(
        self,
        cache: AnswerCache,
        prefixes: PrefixCacheTracker,
        catalog: Catalog,
        clock: Clock,
        background: Background,
        rotation: OrgRotation,
    ) -> None:
        self._rotation = rotation
        self._cache = cache
        self._prefixes = prefixes
        self._catalog = catalog
        self._clock = clock
        self._background = background

    async def on_cache_hit(
        self,
        endpoint: Endpoint,
        request: Request,
        plan: Plan,
        record: RequestRecord,
        keeper: ResponseKeeper | None = None,
    ) -> bytes:
        """A stored answer, in the shape that the client requested."""
        hit = plan.hit
        assert hit is not None
        original = hit.prompt_tokens
        if hit.kind == "semantic":  # it was stored for another question
            original = _prompt_tokens(request)
        outcome = Outcome(status="cached", original_tokens=original)
        outcome = price_hit(request, plan, outcome, self._catalog)
        metadata = self._metadata(request, plan, outcome)
        if keeper is None:
            body = endpoint.replay(request, bytes(hit.answer), metadata)
        else:
            body = await keeper.cached(request, bytes(hit.answer), metadata)
            outcome = msgspec.structs.replace(outcome, stored=keeper.kept)
        await record.close(plan, outcome)
        return body

    async def on_response(
        self,
        endpoint: Endpoint,
        request: Request,
        call: ProviderCall,
        answer: CompleteAnswer,
        record: RequestRecord,
        keeper: ResponseKeeper | None = None,
    ) -> bytes:
        """A provider's whole answer. What is to be kept of it is kept before it goes out."""
        body = answer.body
        if keeper is not None:
            body = await keeper.whole(answer)
            _note_lost(call, keeper)
        outcome = await self._outcome(request, call, answer.summary, keeper)
        if not answer.forwarded:
            body = endpoint.with_metadata(body, self._metadata(request, call.plan, outcome))
        self._store(request, call.plan, outcome, answer.summary, answer.body, record)
        await record.close(call.plan, outcome)
        return body

    async def stream(
        self,
        request: Request,
        call: ProviderCall,
        opened: OpenStream,
        record: RequestRecord,
        keeper: ResponseKeeper | None = None,
    ) -> AsyncGenerator[bytes, None]:
        """A provider's stream, piece by piece. However it ends, it is recorded once. The first piece is empty: whoever has got
        it can close the stream at any time. What is to be kept of it is kept before its last piece goes out.
        """
        answer = opened.answer
        try:
            yield b""
            if keeper is not None:
                await keeper.stream(answer)
            yield opened.head
            async for out in _pieces(opened):
                yield out
            opened.ended(None)
            call.answered()
            if keeper is not None:
                await keeper.stream(answer)
                _note_lost(call, keeper)
            summary = answer.summary()
            outcome = await self._outcome(request, call, summary, keeper)
            ending = answer.ending(self._metadata(request, call.plan, outcome))
            self._store(request, call.plan, outcome, summary, answer.body() if summary.storable else b"", record)
            await record.close(call.plan, outcome)
            yield ending
        except Failure as failure:
            opened.ended(failure)
            assert call.plan.target is not None
            error = client_error(failure, call.plan.target.provider)
            try:
                await self._broken(request, call, opened, record, error, status_code=200)
            except Exception as fault:
                error = await self._fault(request, call, opened, record, fault)
            yield answer.error(error)
        except Exception as fault:
            yield answer.error(await self._fault(request, call, opened, record, fault))
        finally:
            # A client that left cancels this generator; hanging up and the record outlive it.
            self._background.start("close_provider_stream", opened.rest.aclose())
            self.record_cancelled(request, call.plan, record, call, answer)

    def record_cancelled(
        self,
        request: Request,
        plan: Plan,
        record: RequestRecord,
        call: ProviderCall | None = None,
        answer: AnswerStream | None = None,
    ) -> None:
        """A client that left, unless the request is recorded already. What it cost is counted after the request."""
        if record.is_closed:
            return
        if call is not None:
            call.answered()
        self._background.start("record_cancelled", self._record_cancelled(request, plan, record, call, answer))

    async def _record_cancelled(
        self,
        request: Request,
        plan: Plan,
        record: RequestRecord,
        call: ProviderCall | None,
        answer: AnswerStream | None,
    ) -> None:
        # A client with a thousand requests may leave all of them at once.
        await self._rotation.wait(request.principal.org_id)
        trace = CallTrace() if call is None else call.trace
        try:
            summary = _NOTHING if answer is None else answer.summary()
            counts = TokenCounts() if trace.called is None else await count(request, plan, summary)
            if call is not None:
                call.counted(counts.tokens)
            trace = msgspec.structs.replace(trace, served_tier=summary.service_tier or trace.served_tier)
            outcome = Outcome(status="cancelled", status_code=499, error=CLIENT_LEFT, trace=trace, counts=counts)
            if answer is not None and answer.complete:
                # Some clients hang up on the last event instead of waiting for the end: they have the whole answer.
                status: Status = "fallback" if plan.fallback_used else "success"
                outcome = Outcome(
                    status=status, trace=trace, counts=counts, stop=summary.stop, tool_calls=summary.tool_calls
                )
            await record.close(plan, price_call(request, plan, outcome, self._catalog))
        except Exception as fault:
            await record.fail(plan, trace, fault)
            raise

    async def _broken(
        self,
        request: Request,
        call: ProviderCall,
        opened: OpenStream,
        record: RequestRecord,
        error: PromptlyError,
        *,
        status_code: int,
    ) -> None:
        """Record a stream that broke off: after the first byte that can only be said, not undone."""
        call.answered()
        outcome = await self._outcome(request, call, opened.answer.summary())
        outcome = msgspec.structs.replace(
            outcome, status="error", status_code=status_code, error=error.code, tool_calls={}
        )
        await record.close(call.plan, outcome)

    async def _fault(
        self, request: Request, call: ProviderCall, opened: OpenStream, record: RequestRecord, fault: Exception
    ) -> PromptlyError:
        """Record a fault of ours in a stream: with what it cost, unless counting that is what went wrong."""
        log.error("stream_failed", error_type=type(fault).__name__)
        error = internal_error(request.id)
        try:
            await self._broken(request, call, opened, record, error, status_code=500)
        except Exception as second:
            await record.fail(call.plan, call.trace, second)
        return error

    async def _outcome(
        self, request: Request, call: ProviderCall, answer: AnswerSummary, keeper: ResponseKeeper | None = None
    ) -> Outcome:
        """The outcome of a call that has answered, with its receipt."""
        counts = await count(request, call.plan, answer)
        call.counted(counts.tokens)
        trace = msgspec.structs.replace(call.trace, served_tier=answer.service_tier or call.trace.served_tier)
        outcome = Outcome(
            status="fallback" if call.plan.fallback_used else "success",
            trace=trace,
            counts=counts,
            tool_calls=made_with(answer.tool_calls, call.key_id) | session_kept(request, call.plan),
            stop=answer.stop,
            units=answer.units,
            parts=tuple((model, usage.classes()) for model, usage in answer.parts),
            stored=keeper is not None and keeper.kept,
        )
        return price_call(request, call.plan, outcome, self._catalog)

    def _metadata(self, request: Request, plan: Plan, outcome: Outcome) -> bytes:
        return response_metadata(request, plan, outcome, self._clock.monotonic())

    def _store(
        self,
        request: Request,
        plan: Plan,
        outcome: Outcome,
        answer: AnswerSummary,
        body: bytes,
        record: RequestRecord,
    ) -> None:
        """Put a complete answer into the cache, and note where its conversation was cut."""
        used = outcome.counts
        if not body:
            return
        self._note_prefix(request, plan, outcome)
        key, target = request.cache_key, plan.target
        assert target is not None
        small = len(body) <= MAX_MESSAGE_BYTES  # a larger one is too much for the bus
        if key is None or not request.overrides.write_cache or not answer.complete or used.estimated or not small:
            return
        stored = StoreAnswer(
            org_id=request.principal.org_id,
            scope=key.scope,
            fingerprint=key.fingerprint,
            query=None if answer.has_tool_calls else key.query,
            ttl_seconds=request.settings.cache_ttl_seconds,
            answer=msgspec.Raw(body),
            served_model=outcome.trace.served_model or target.served_model,
            provider=target.provider,
            prompt_tokens=outcome.original_tokens,
            completion_tokens=used.tokens.output,
            request_id=request.id,
        )
        flight, record.flight = record.flight, None
        if flight is not None:
            flight.resolve(_as_hit(stored, request.time_ms))
        self._cache.store(stored, None if flight is None else flight.evict)

    def _note_prefix(self, request: Request, plan: Plan, outcome: Outcome) -> None:
        cache_read, made = outcome.counts.tokens.cache_read, outcome.trace.breakpoints
        cut = None if plan.optimized is None or plan.fallback_used else plan.optimized.cut
        if request.chat is not None and (cut is not None or cache_read):
            lifetime = "5m" if made is None else made.lifetime
            self._prefixes.update(request.principal.org_id, request.chat, cut, cache_read, lifetime)


def _prompt_tokens(request: Request) -> int:
    if request.chat is None:
        return rough_tokens(request.envelope.raw)
    return tokens.count_messages(request.baseline_model, msgspec.json.decode(request.messages))


def _note_lost(call: ProviderCall, keeper: ResponseKeeper) -> None:
    if keeper.lost:
        call.note_dropped(NOT_STORED)


async def _pieces(opened: OpenStream) -> AsyncGenerator[bytes, None]:
    answer = opened.answer
    try:
        while not answer.done:
            answer.check()
            out = answer.feed(await anext(opened.rest))
            if out:
                yield out
    except StopAsyncIteration:
        if out := answer.end():
            yield out
        if not (answer.complete or answer.done):
            raise Failure("truncated", "The stream broke off.") from None
    except Failure:
        # Not every server says [DONE], or closes the connection: what is whole is whole.
        if not answer.complete:
            raise


def _as_hit(stored: StoreAnswer, stored_at_ms: int) -> CacheHit:
    """What a look-up will find."""
    return CacheHit(
        kind="exact",
        entry_id=cache_entry_id(stored.org_id, stored.fingerprint),
        similarity=1.0,
        answer=stored.answer,
        served_model=stored.served_model,
        provider=stored.provider,
        prompt_tokens=stored.prompt_tokens,
        completion_tokens=stored.completion_tokens,
        request_id=stored.request_id,
        stored_at_ms=stored_at_ms,
    )
