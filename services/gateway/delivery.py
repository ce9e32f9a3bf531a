"""The end of a request: the answer with its metadata, the cache, and the one record that it happened.

The last byte of every answer waits until its event is safe, so that what a client saw whole is never missing from the log.
"""

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Sequence
from typing import Any

import msgspec
import structlog

from libs.common.catalog import Catalog
from libs.common.clock import Clock
from libs.common.contracts.cache import CacheHit, StoreAnswer, cache_entry_id
from libs.common.contracts.events import CompletionFinished, Status
from libs.common.errors import Internal, PromptlyError
from services.gateway.calling import OpenStream
from services.gateway.counting import Counting
from services.gateway.domain.asking import MAX_HOP_BYTES
from services.gateway.domain.attempts import Failure, client_error
from services.gateway.domain.conversations import Conversations
from services.gateway.domain.merged import merged
from services.gateway.domain.telling import finished_event, metadata
from services.gateway.domain.work import Work
from services.gateway.measuring import measure
from services.gateway.ports import AnswerCache, Events, Turns
from services.gateway.translate.errors import error_body
from services.gateway.translate.openai_answer import Answer
from services.gateway.translate.openai_openai import with_metadata
from services.gateway.translate.openai_replay import replay
from services.gateway.translate.openai_stream import OpenAIStream
from services.gateway.translate.sse import event

log = structlog.get_logger()


class Delivery:
    """Writes answers out and records them."""

    def __init__(
        self,
        *,
        cache: AnswerCache,
        events: Events,
        turns: Turns,
        conversations: Conversations,
        catalog: Catalog,
        clock: Clock,
    ) -> None:
        self._cache = cache
        self._turns = turns
        self._events = events
        self._conversations = conversations
        self._catalog = catalog
        self._clock = clock
        self._counting = Counting()
        self._detached: set[asyncio.Task[None]] = set()

    async def hit(self, work: Work, hit: CacheHit) -> bytes:
        """A stored answer in the shape that this client asked for."""
        told = metadata(work, self._clock.monotonic())
        if work.chat.stream:
            answer = msgspec.json.decode(hit.answer)
            body = replay(answer, answer.get("usage"), told, wants_usage=work.chat.wants_usage)
        else:
            body = with_metadata(bytes(hit.answer), told)
        await self._record(work, "cached")
        return body

    async def plain(self, work: Work, data: bytes, answer: Answer) -> bytes:
        """A provider's whole answer."""
        await self._counting.count(work, answer.counted, answer.said, spoke=answer.spoke)
        work.price(self._catalog)
        reasons = [choice.finish_reason for choice in answer.choices]
        self._keep(work, data, reasons, calls=any(choice.message.tool_calls for choice in answer.choices))
        await self._record(work, "fallback" if work.fallback_used else "success")
        return with_metadata(data, metadata(work, self._clock.monotonic()))

    async def relay(self, work: Work, stream: OpenStream) -> AsyncGenerator[bytes, None]:
        """A provider's stream, piece by piece. However it ends, it is recorded once."""
        relay = stream.relay
        try:
            yield stream.head
            async for out in self._pieces(relay, stream):
                yield out
            stream.ended(None)
            yield await self._finish_stream(work, relay)
        except Failure as failure:
            stream.ended(failure)
            assert work.target is not None
            yield await self._break_stream(work, relay, client_error(failure, work.target.provider))
        except Exception as fault:  # ours: the client hears that, and the record says so
            log.error("stream_failed", error_type=type(fault).__name__)
            yield await self._break_stream(work, relay, _internal(work))
        finally:
            # A client that left cancels this generator; hanging up and the record outlive it.
            self._detach(stream.rest.aclose())
            self.left(work, relay)

    async def _pieces(self, relay: OpenAIStream, stream: OpenStream) -> AsyncGenerator[bytes, None]:
        try:
            while not relay.done:
                relay.check()
                out = relay.feed(await anext(stream.rest))
                if out:
                    yield out
        except StopAsyncIteration:
            if out := relay.end():
                yield out
            if not (relay.complete or relay.done):
                raise Failure("truncated", "The stream broke off.") from None
        except Failure:
            # Not every server says [DONE], or closes the connection: what is whole is whole.
            if not relay.complete:
                raise

    async def failed(self, work: Work, error: PromptlyError) -> None:
        """A request that got an error instead of an answer: nothing was saved, and mostly nothing was paid."""
        if work.tokens.input or work.tokens.output:
            work.price(self._catalog)
        await self._record(work, "error", status_code=error.status, error=error.code)

    async def broke(self, work: Work) -> None:
        """A request that a fault of ours ended: it is recorded as that, and what was set aside for it is free again."""
        await self._record(work, "error", status_code=500, error=_internal(work).code)

    def left(self, work: Work, relay: OpenAIStream | None = None) -> None:
        """A client that left, unless all was over by then. What it cost is recorded, after the request."""
        if work.recorded:
            return
        work.answered = self._clock.monotonic()
        self._detach(self._record_left(work, relay))

    async def _record_left(self, work: Work, relay: OpenAIStream | None) -> None:
        if relay is not None:
            await self._counting.stream(work, relay)
        elif work.called is not None:
            await self._counting.count(work, None, "", spoke=False)
        work.price(self._catalog)
        await self._record(work, "cancelled", status_code=499, error="client_left")

    async def settle(self) -> None:
        """Wait for what goes on after its request: records of clients that left."""
        while self._detached:
            await asyncio.wait(self._detached)

    async def _finish_stream(self, work: Work, relay: OpenAIStream) -> bytes:
        work.answered = self._clock.monotonic()
        await self._counting.stream(work, relay)
        work.price(self._catalog)
        work.remember(relay.kept, relay.call_ids)
        answer = relay.answer()
        calls = bool(answer["choices"][0]["message"].get("tool_calls"))
        if relay.storable:
            self._keep(work, msgspec.json.encode(answer), list(relay.finish_reasons.values()), calls=calls)
        await self._record(work, "fallback" if work.fallback_used else "success")
        return relay.ending(metadata(work, self._clock.monotonic()))

    async def _break_stream(self, work: Work, relay: OpenAIStream, error: PromptlyError) -> bytes:
        """After the first byte a failure can only be said, not undone: an error object, and no `[DONE]`."""
        work.answered = self._clock.monotonic()
        await self._counting.stream(work, relay)
        work.price(self._catalog)
        await self._record(work, "error", error=error.code)
        return event(msgspec.json.encode(error_body(error)))

    def _keep(self, work: Work, answer: bytes, finish_reasons: Sequence[str], *, calls: bool) -> None:
        """Put a complete answer into the cache, and note where its conversation was cut."""
        key, target = work.cache_key, work.target
        assert target is not None
        cut = None if work.optimized is None or work.fallback_used else work.optimized.cut
        if cut is not None or work.tokens.cache_read:
            self._conversations.remember(work.principal.org_id, work.chat, cut, work.tokens.cache_read)
        whole = all(reason in ("stop", "tool_calls") for reason in finish_reasons)
        small = len(answer) <= MAX_HOP_BYTES  # a larger one is too much for a hop to the cache
        if key is None or not work.overrides.write_cache or not whole or work.estimated or not small:
            return
        kept = StoreAnswer(
            org_id=work.principal.org_id,
            scope=key.scope,
            fingerprint=key.fingerprint,
            query=None if calls else key.query,
            ttl_seconds=work.settings.cache_ttl_seconds,
            answer=msgspec.Raw(answer),
            served_model=work.served_model or target.served_model,
            provider=target.provider,
            prompt_tokens=work.original_tokens,
            completion_tokens=work.tokens.output,
            request_id=work.request_id,
        )
        flight, work.flight = work.flight, None
        if flight is not None:
            flight.land(_as_hit(kept, work.time_ms))
        self._cache.store(kept, None if flight is None else flight.over)

    async def _record(self, work: Work, outcome: Status, *, status_code: int = 200, error: str | None = None) -> None:
        if work.recorded:
            return
        if work.flight is not None:
            work.flight.land(work.hit if work.cache == "exact" else None)
            work.flight.over()
        if work.kept:
            await self._turns.keep(work.principal.org_id, work.kept)
        work.recorded = True
        finished = finished_event(work, outcome, self._clock.monotonic(), status_code=status_code, error=error)
        if work.settle is not None:
            work.settle(finished.actual_cost_nano)
        if work.parts is not None:
            work.parts.append(finished)
            return
        await self._tell(finished)

    async def together(self, parts: list[CompletionFinished], request_id: str) -> None:
        """Record calls that were made for one request as that one request."""
        if parts:
            await self._tell(merged(parts, request_id))

    async def _tell(self, finished: CompletionFinished) -> None:
        measure(finished)
        # A client that leaves while the event is on its way must not take it along.
        await asyncio.shield(self._detach(self._events.finished(finished)))

    def _detach(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._detached.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._detached.discard(task)
        if not task.cancelled() and (failure := task.exception()) is not None:
            log.error("after_request_failed", error_type=type(failure).__name__)


def _internal(work: Work) -> Internal:
    return Internal(f"Something went wrong on our side; request {work.request_id}.")


def _as_hit(kept: StoreAnswer, stored_at_ms: int) -> CacheHit:
    """What a look-up will find."""
    return CacheHit(
        kind="exact",
        entry_id=cache_entry_id(kept.org_id, kept.fingerprint),
        similarity=1.0,
        answer=kept.answer,
        served_model=kept.served_model,
        provider=kept.provider,
        prompt_tokens=kept.prompt_tokens,
        completion_tokens=kept.completion_tokens,
        request_id=kept.request_id,
        stored_at_ms=stored_at_ms,
    )
