"""Calls the provider, and decides what to do when that fails. See `domain.attempts` for the rules."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractContextManager
from typing import TypeVar

import msgspec

from libs.common.catalog import Catalog
from libs.common.contracts.base import UNREADABLE
from libs.common.telemetry import names, tracing
from services.gateway.domain.attempts import Failure, Next, Tried, after, client_error
from services.gateway.domain.work import Work
from services.gateway.ports import Providers
from services.gateway.translate.openai_openai import Answer, request_body
from services.gateway.translate.openai_stream import OpenAIStream

T = TypeVar("T")
_answer_decoder = msgspec.json.Decoder(Answer)


class OpenStream:
    """A stream whose first content has come: `head` goes out first, then whatever `rest` yields."""

    def __init__(self, relay: OpenAIStream, head: bytes, rest: AsyncGenerator[bytes, None]) -> None:
        self.relay = relay
        self.head = head
        self.rest = rest


class Caller:
    """Tries the routed request, another key, the same again, and at last the client's own request."""

    def __init__(self, providers: Providers, catalog: Catalog, clock: Callable[[], float]) -> None:
        self._providers = providers
        self._catalog = catalog
        self._clock = clock

    async def complete(self, work: Work) -> tuple[bytes, Answer]:
        """A whole answer, as bytes and read. Raises the error that the client sees."""
        return await self._attempts(work, self._complete_once)

    async def stream(self, work: Work) -> OpenStream:
        """A stream that has begun to say something. Raises the error that the client sees."""
        return await self._attempts(work, self._stream_once)

    async def _attempts(self, work: Work, once: Callable[[Work, int], Awaitable[T]]) -> T:
        calls, key, retried = 0, 0, False
        while True:
            assert work.target is not None
            try:
                with self._span(work) as span:
                    found = await once(work, key)
                    tracing.describe(span, {names.RESPONSE_MODEL: work.served_model or work.target.served_model})
                return found
            except Failure as failure:
                calls += 1
                keys_left = len(work.target.keys) - key - 1
                changed = work.changed and not work.fallback_used
                step = after(failure, Tried(calls=calls, keys_left=keys_left, retried=retried, changed=changed))
                if step is Next.GIVE_UP or (step is Next.FALLBACK and work.requested is None):
                    work.answered = self._clock()
                    raise client_error(failure, work.target.provider) from None
                if step is Next.OTHER_KEY:
                    key += 1
                elif step is Next.RETRY:
                    retried = True
                else:
                    work.fallback_used, work.target, key = True, work.requested, 0

    def _body(self, work: Work, *, stream: bool) -> bytes:
        assert work.target is not None
        shorter = work.optimized is not None and work.optimized.changed and not work.fallback_used
        return request_body(
            work.chat.raw,
            model=work.target.served_model,
            messages=work.optimized.messages if shorter and work.optimized else None,
            known=self._catalog.find(work.target.served_model),
            stream=stream,
        )

    async def _complete_once(self, work: Work, key: int) -> tuple[bytes, Answer]:
        assert work.target is not None
        body = self._body(work, stream=False)
        work.called = work.called or self._clock()
        data = await self._providers.complete(work.target, key, work.principal.org_id, body)
        work.answered = work.first_byte = self._clock()
        try:
            answer = _answer_decoder.decode(data)
        except UNREADABLE:
            raise Failure("malformed", "The answer is not a chat completion.") from None
        if not answer.choices:
            raise Failure("malformed", "The answer has no choices.")
        work.served_model = answer.model
        return data, answer

    async def _stream_once(self, work: Work, key: int) -> OpenStream:
        assert work.target is not None
        body = self._body(work, stream=True)
        work.called = work.called or self._clock()
        chunks = await self._providers.stream(work.target, key, work.principal.org_id, body)
        relay = OpenAIStream(wants_usage=work.chat.wants_usage)
        try:
            async for chunk in chunks:
                head = relay.feed(chunk)
                if relay.started or relay.done:
                    work.first_byte, work.served_model = self._clock(), relay.model
                    return OpenStream(relay, head, chunks)
            raise Failure("truncated", "The stream ended before it said anything.")
        except BaseException:
            await chunks.aclose()
            raise

    def _span(self, work: Work) -> AbstractContextManager[tracing.Span]:
        assert work.target is not None
        return tracing.span(
            f"chat {work.target.served_model}",
            tracing.CLIENT,
            {
                names.OPERATION_NAME: "chat",
                names.PROVIDER_NAME: work.target.provider,
                names.REQUEST_MODEL: work.target.served_model,
                names.REQUEST_STREAM: work.chat.stream,
                names.REQUEST_ID: work.request_id,
            },
        )
