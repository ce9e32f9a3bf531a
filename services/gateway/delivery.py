"""The end of a request: the answer with its metadata, the cache, and the one record that it happened.

The last byte of every answer waits until its event is safe, so that what a client saw whole is never missing from the log.
"""

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from typing import Any

import msgspec
import structlog

from libs.common import tokens
from libs.common.catalog import Catalog
from libs.common.clock import Clock
from libs.common.contracts.cache import CacheHit, StoreAnswer, cache_entry_id
from libs.common.contracts.events import CompletionFinished, Status, TokenClasses
from libs.common.errors import PayloadTooLarge, PromptlyError
from services.gateway.calling import OpenStream
from services.gateway.domain.attempts import Failure, client_error
from services.gateway.domain.conversations import Conversations
from services.gateway.domain.merged import merged
from services.gateway.domain.telling import finished_event, metadata
from services.gateway.domain.work import Work
from services.gateway.measuring import measure
from services.gateway.ports import AnswerCache, Events, Turns
from services.gateway.translate.errors import error_body, status
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
        if answer.usage is None:
            self._estimate(work, answer.said)
        else:
            work.tokens = answer.usage.classes()
        work.price(self._catalog)
        reasons = [choice.finish_reason for choice in answer.choices]
        self._keep(work, data, reasons, calls=any(choice.message.tool_calls for choice in answer.choices))
        await self._record(work, "fallback" if work.fallback_used else "success")
        return with_metadata(data, metadata(work, self._clock.monotonic()))

    async def relay(self, work: Work, stream: OpenStream) -> AsyncGenerator[bytes, None]:
        """A provider's stream, piece by piece. However it ends, it is recorded once."""
        relay, recorded = stream.relay, False
        try:
            yield stream.head
            async for out in self._pieces(relay, stream):
                yield out
            recorded = True
            stream.ended(None)
            yield await self._finish_stream(work, relay)
        except (Failure, PayloadTooLarge) as failure:
            recorded = True
            stream.ended(failure if isinstance(failure, Failure) else None)
            yield await self._break_stream(work, relay, failure)
        finally:
            # A client that left cancels this generator; hanging up and the record outlive it.
            self._detach(stream.rest.aclose())
            if not recorded:
                self.left(work, relay)

    async def _pieces(self, relay: OpenAIStream, stream: OpenStream) -> AsyncGenerator[bytes, None]:
        try:
            while not relay.done:
                out = relay.feed(await anext(stream.rest))
                if out:
                    yield out
        except StopAsyncIteration:
            if out := relay.end():
                yield out
            if not relay.complete:
                raise Failure("truncated", "The stream broke off.") from None
        except Failure:
            # Not every server says [DONE], or closes the connection: what is whole is whole.
            if not relay.complete:
                raise

    async def failed(self, work: Work, error: PromptlyError) -> None:
        """A request that got an error instead of an answer: nothing was paid, and nothing was saved."""
        await self._record(work, "error", status_code=status(error), error=error.code)

    def left(self, work: Work, relay: OpenAIStream | None = None) -> None:
        """A client that left. What it cost until then is recorded, after the request."""
        work.answered = self._clock.monotonic()
        if relay is not None:
            self._count(work, relay)
        elif work.called is not None:
            self._estimate(work, "")
        work.price(self._catalog)
        self._detach(self._record(work, "cancelled", status_code=499, error="client_left"))

    async def settle(self) -> None:
        """Wait for what goes on after its request: records of clients that left."""
        while self._detached:
            await asyncio.wait(self._detached)

    async def _finish_stream(self, work: Work, relay: OpenAIStream) -> bytes:
        work.answered = self._clock.monotonic()
        self._count(work, relay)
        work.price(self._catalog)
        work.remember(relay.kept, relay.call_ids)
        answer = relay.answer()
        calls = bool(answer["choices"][0]["message"].get("tool_calls"))
        if relay.storable:
            self._keep(work, msgspec.json.encode(answer), list(relay.finish_reasons.values()), calls=calls)
        await self._record(work, "fallback" if work.fallback_used else "success")
        return relay.ending(metadata(work, self._clock.monotonic()))

    async def _break_stream(self, work: Work, relay: OpenAIStream, failure: Failure | PayloadTooLarge) -> bytes:
        """After the first byte a failure can only be said, not undone: an error object, and no `[DONE]`."""
        assert work.target is not None
        error = client_error(failure, work.target.provider) if isinstance(failure, Failure) else failure
        work.answered = self._clock.monotonic()
        self._count(work, relay)
        work.price(self._catalog)
        await self._record(work, "error", error=error.code)
        return event(msgspec.json.encode(error_body(error)))

    def _count(self, work: Work, relay: OpenAIStream) -> None:
        if relay.usage is not None:
            work.tokens = relay.usage.classes()
            return
        self._estimate(work, relay.said)
        if (begun := relay.counted) is not None:  # the prompt is the provider's own count, the answer is ours
            work.tokens = msgspec.structs.replace(
                begun.classes(), output_text=work.tokens.output_text, output_reasoning=0
            )

    def _estimate(self, work: Work, text: str) -> None:
        """Tokens by our own count, flagged as such, where the provider named none."""
        sent = work.chat.raw["messages"]
        if work.optimized is not None and work.optimized.changed and not work.fallback_used:
            sent = work.optimized.messages
        model = work.target.served_model if work.target else work.baseline_model
        tools = b"".join(bytes(work.chat.raw[name]) for name in ("tools", "functions") if name in work.chat.raw)
        prompt = tokens.count_messages(model, msgspec.json.decode(sent))
        work.tokens = TokenClasses(
            uncached_input=prompt + tokens.count_text(model, tools.decode()),
            output_text=tokens.count_text(model, text),
        )
        work.estimated = True

    def _keep(self, work: Work, answer: bytes, finish_reasons: list[str | None], *, calls: bool) -> None:
        """Put a complete answer into the cache, and note where its conversation was cut."""
        key, target = work.cache_key, work.target
        assert target is not None
        cut = None if work.optimized is None or work.fallback_used else work.optimized.cut
        if cut is not None or work.tokens.cache_read:
            self._conversations.remember(work.principal.org_id, work.chat, cut, work.tokens.cache_read)
        whole = all(reason in ("stop", "tool_calls") for reason in finish_reasons)
        if key is None or not work.overrides.write_cache or not whole or work.estimated:
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
        if work.flight is not None:
            work.flight.land(work.hit if work.cache == "exact" else None)
            work.flight.over()
        if work.kept:
            await self._turns.keep(work.principal.org_id, work.kept)
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
