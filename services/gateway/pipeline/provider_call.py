"""Calls the provider, and decides what to do when that fails. See `domain.attempts` for the rules."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractContextManager
from typing import TypeVar

from libs.common.catalog import Catalog
from libs.common.clock import Clock
from libs.common.errors import BadRequest, PromptlyError
from libs.common.telemetry import names, tracing
from services.gateway.domain import turns
from services.gateway.domain.attempts import MAX_CALLS, Failure, Next, Tried, after, client_error
from services.gateway.domain.refused_fields import refused
from services.gateway.domain.targets import Target
from services.gateway.domain.work import Work
from services.gateway.ports import Providers
from services.gateway.providers.registry import Registry
from services.gateway.state.provider_health import ProviderHealth
from services.gateway.state.refused_fields import RefusedFields
from services.gateway.translate.dialect import Asked, Dialect
from services.gateway.translate.either import EitherChunks, named, whole
from services.gateway.translate.openai_answer import Answer, read_answer
from services.gateway.translate.openai_stream import OpenAIStream

T = TypeVar("T")
_LARGE = 1 << 20
Pause = Callable[[], Awaitable[None]]


class OpenStream:
    """A stream whose first content has come: `head` goes out first, then whatever `rest` yields.

    `ended` wants to hear how it went: None for a whole answer, or what broke it.
    """

    def __init__(
        self,
        relay: OpenAIStream,
        head: bytes,
        rest: AsyncGenerator[bytes, None],
        ended: Callable[[Failure | None], None],
    ) -> None:
        self.relay = relay
        self.head = head
        self.rest = rest
        self.ended = ended


class Caller:
    """Tries the routed request, another key, the same again, and at last the client's own request.

    `pause` is waited for before the same is tried again.
    """

    def __init__(
        self,
        providers: Providers,
        registry: Registry,
        catalog: Catalog,
        health: ProviderHealth,
        clock: Clock,
        pause: Pause,
    ) -> None:
        self._providers = providers
        self._registry = registry
        self._catalog = catalog
        self._health = health
        self._clock = clock
        self._pause = pause
        self._unwanted = RefusedFields(clock.monotonic)

    async def complete(self, work: Work) -> tuple[bytes, Answer]:
        """A whole answer, as bytes and read. Raises the error that the client sees."""
        return await self._attempts(work, self._complete_once)

    async def stream(self, work: Work) -> OpenStream:
        """A stream that has begun to say something. Raises the error that the client sees."""
        return await self._attempts(work, self._stream_once)

    async def _attempts(self, work: Work, once: Callable[[Work, Target, int], Awaitable[T]]) -> T:
        calls, key, retried = 0, 0, False
        while True:
            target = work.target
            assert target is not None
            changed = work.changed and not work.fallback_used
            try:
                if (resting := self._health.circuit_open(target, key)) is not None:
                    raise resting
                calls += 1
                return await self._tell(work, target, key, once)
            except Failure as failure:
                if calls < MAX_CALLS and (
                    names := refused(failure, work.added, guess=self._registry[target.provider].rejects_unknown_fields)
                ):
                    self._unwanted.add(_server(target, key), target.served_model, names)
                    continue
                work.charge(failure.billed)
                keys_left, elsewhere = len(target.keys) - key - 1, _elsewhere(work, target)
                tried = Tried(calls=calls, keys_left=keys_left, retried=retried, changed=changed, elsewhere=elsewhere)
                error, step = client_error(failure, target.provider), after(failure, tried)
            except BadRequest as unfit:  # this provider has no form for something that the requested one may have
                error, step = unfit, Next.FALLBACK if changed else Next.GIVE_UP
            if step is Next.GIVE_UP or (step is Next.FALLBACK and work.requested is None):
                raise self._given_up(work, error)
            if step is Next.OTHER_KEY:
                key += 1
            elif step is Next.RETRY:
                retried = True
                await self._pause()
            else:
                work.fallback_used, work.target, key = True, work.requested, 0

    async def _tell(self, work: Work, target: Target, key: int, once: Callable[[Work, Target, int], Awaitable[T]]) -> T:
        """One call, in a span of its own, and what it says of the provider's health."""
        with self._span(work, target) as span:
            try:
                found = await once(work, target, key)
            except Failure as failure:
                self._health.failed(target, key, failure)
                raise
            tracing.describe(span, {names.RESPONSE_MODEL: work.served_model or target.served_model})
            return found

    def _given_up(self, work: Work, error: PromptlyError) -> PromptlyError:
        if work.called is not None:
            work.answered = self._clock.monotonic()
        return error.with_traceback(None)

    def _body(self, work: Work, target: Target, key: int, *, stream: bool) -> bytes:
        shorter = work.optimized if work.optimized is not None and not work.fallback_used else None
        outgoing = self._dialect(target).request(
            Asked(
                raw=work.chat.raw,
                messages=shorter.messages if shorter is not None and shorter.changed else work.chat.raw["messages"],
                model=target.served_model,
                known=self._catalog.find(target.served_model),
                stream=stream,
                kept=turns.without_blocks(work.recalled) if work.fallback_used else work.recalled,
                without=self._unwanted.of(_server(target, key), target.served_model),
            )
        )
        work.dropped, work.added = outgoing.dropped, outgoing.added
        work.called = work.called or self._clock.monotonic()
        return outgoing.body

    async def _complete_once(self, work: Work, target: Target, key: int) -> tuple[bytes, Answer]:
        body = self._body(work, target, key, stream=False)
        data = await self._providers.complete(target, key, work.principal.org_id, body)
        work.answered = work.first_byte = self._clock.monotonic()
        found = whole(
            self._dialect(target),
            data,
            model=target.served_model,
            request_id=work.request_id,
            created=self._seconds(),
        )
        if len(data) > _LARGE:
            await asyncio.sleep(0)  # each of the two takes long enough for others to wait
        body, answer = read_answer(
            found.body,
            otherwise=named(target.served_model, work.request_id, self._seconds()),
            legacy=work.chat.legacy,
        )
        work.served_model, work.served_tier = _name(answer.model), answer.service_tier
        work.remember(found.kept, answer.call_ids)
        self._health.succeeded(target, key)
        return body, answer

    async def _stream_once(self, work: Work, target: Target, key: int) -> OpenStream:
        body = self._body(work, target, key, stream=True)
        pieces = await self._providers.stream(target, key, work.principal.org_id, body)
        chunks = EitherChunks(
            self._dialect(target),
            model=target.served_model,
            request_id=work.request_id,
            created=self._seconds(),
        )
        relay = OpenAIStream(
            chunks,
            wants_usage=work.chat.wants_usage,
            otherwise=named(target.served_model, work.request_id, self._seconds()),
            legacy=work.chat.legacy,
        )
        try:
            async for piece in pieces:
                head = relay.feed(piece)
                if relay.started or relay.done:
                    return self._opened(work, target, key, relay, head, pieces)
            head = relay.end()
            if relay.complete or relay.done:
                return self._opened(work, target, key, relay, head, pieces)
            raise Failure("truncated", "The stream ended before it said anything.")
        except BaseException:
            await pieces.aclose()
            raise

    def _opened(
        self,
        work: Work,
        target: Target,
        key: int,
        relay: OpenAIStream,
        head: bytes,
        rest: AsyncGenerator[bytes, None],
    ) -> OpenStream:
        if relay.empty:
            raise Failure("malformed", "The answer has no choices.", billed=relay.billed)
        work.first_byte, work.served_model = self._clock.monotonic(), _name(relay.model)

        def ended(failure: Failure | None) -> None:
            if failure is None:
                self._health.succeeded(target, key)
            else:
                self._health.failed(target, key, failure)

        return OpenStream(relay, head, rest, ended)

    def _dialect(self, target: Target) -> Dialect:
        found = self._registry[target.provider].chat
        assert found is not None
        return found

    def _seconds(self) -> int:
        return int(self._clock.now().timestamp())

    def _span(self, work: Work, target: Target) -> AbstractContextManager[tracing.Span]:
        return tracing.span(
            f"chat {target.served_model}",
            tracing.CLIENT,
            {
                names.OPERATION_NAME: "chat",
                names.PROVIDER_NAME: self._registry[target.provider].telemetry_name,
                names.REQUEST_MODEL: target.served_model,
                names.REQUEST_STREAM: work.chat.stream,
                names.REQUEST_ID: work.request_id,
            },
        )


def _server(target: Target, key: int) -> str:
    return target.keys[key].base_url or target.provider


def _name(model: str | None) -> str | None:
    """A model's name as it can be kept: providers choose it."""
    return None if model is None else "".join(letter if letter.isprintable() else "\ufffd" for letter in model)


def _elsewhere(work: Work, target: Target) -> bool:
    return work.requested is not None and work.requested.keys != target.keys
