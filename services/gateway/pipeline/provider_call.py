"""The call to the provider: another key, a retry, and at last the client's own request. See `domain.attempts` for the rules."""

import asyncio
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AbstractContextManager
from typing import TypeVar

import msgspec

from libs.common.catalog import Catalog
from libs.common.clock import Clock
from libs.common.contracts.events import TokenClasses
from libs.common.errors import BadRequest, PromptlyError
from libs.common.telemetry import names, tracing
from services.gateway.domain.attempts import (
    MAX_CALLS,
    AttemptState,
    Failure,
    RetryAction,
    client_error,
    forwarded,
    next_action,
)
from services.gateway.domain.outcome import CallTrace
from services.gateway.domain.plan import Plan, is_changed
from services.gateway.domain.refused_fields import refused
from services.gateway.domain.request import Request
from services.gateway.domain.targets import Target
from services.gateway.endpoints.base import AnswerStream, Attempt, CompleteAnswer, Endpoint
from services.gateway.formats.headers import to_client
from services.gateway.formats.opaque import Cipher, refused_reasoning
from services.gateway.pipeline.provider_levers import with_cache_key, with_cached_prefix, with_slower_tier
from services.gateway.pipeline.request_metrics import count_failure
from services.gateway.pipeline.trial_levers import with_trials
from services.gateway.ports import Providers
from services.gateway.providers.base import EncodedRequest, ProviderAnswer, ProviderStream
from services.gateway.providers.registry import Registry
from services.gateway.state.cache_keys import CacheKeys
from services.gateway.state.prefix_reuse import PrefixReuse
from services.gateway.state.provider_health import ProviderHealth
from services.gateway.state.refused_fields import RefusedFields
from services.gateway.state.usual_reasoning import UsualReasoning

T = TypeVar("T")
_LARGE = 1 << 20
_MAX_ID = 128
# What a slower tier answers where it has no room, and has billed nothing.
_NO_ROOM = (408, 429, 503)
# Errors of one model or key that another need not have: not found, too large, limited.
_OTHERS_MAY = (404, 413, 429)
_TOO_LONG = "context_length_exceeded"
Pause = Callable[[], Awaitable[None]]


class OpenStream:
    """A stream whose first content has come: `head` goes out first, then what comes of `rest`. `ended` is to be called with
    what broke it, None for nothing.
    """

    def __init__(
        self,
        answer: AnswerStream,
        head: bytes,
        rest: AsyncGenerator[bytes, None],
        ended: Callable[[Failure | None], None],
    ) -> None:
        self.answer = answer
        self.head = head
        self.rest = rest
        self.ended = ended


class ProviderCalls:
    """Makes calls. `pause` is waited for before the same is tried again; `ciphers` gives an organization's cipher for the reasoning
    that its clients carry.
    """

    def __init__(
        self,
        providers: Providers,
        registry: Registry,
        catalog: Catalog,
        health: ProviderHealth,
        clock: Clock,
        pause: Pause,
        ciphers: Callable[[str], Cipher] | None = None,
    ) -> None:
        self.ciphers = ciphers
        self.providers = providers
        self.registry = registry
        self.catalog = catalog
        self.health = health
        self.clock = clock
        self.pause = pause
        self.refused_fields = RefusedFields(clock.monotonic)
        self.prefix_reuse = PrefixReuse(clock.monotonic)
        self.cache_keys = CacheKeys(clock.monotonic)
        self.usual_reasoning = UsualReasoning()

    def start(self, endpoint: Endpoint, request: Request, plan: Plan) -> "ProviderCall":
        """The call to a plan's target; nothing is sent yet."""
        return ProviderCall(self, endpoint, request, plan)


class ProviderCall:
    """One request's call, with its attempts. `plan` is the one that was carried out: it may have fallen back to the client's
    own request. `trace` is what is known so far, also after a failure.
    """

    def __init__(self, shared: ProviderCalls, endpoint: Endpoint, request: Request, plan: Plan) -> None:
        self._shared = shared
        self._endpoint = endpoint
        self._request = request
        self.plan = plan
        self.trace = CallTrace()
        self.key_id: str | None = None
        self.headers: Mapping[str, str] = {}  # of the answer, where it goes to the client as it came
        self._sent: EncodedRequest | None = None
        self._without_reasoning = False
        self._at_once = False

    async def complete(self) -> CompleteAnswer:
        """A whole answer. Raises the error that the client gets."""
        return await self._attempts(self._complete_once)

    async def stream(self) -> OpenStream:
        """A stream that has content. Raises the error that the client gets."""
        return await self._attempts(self._stream_once)

    def answered(self) -> None:
        """Note that the provider has said all that it will."""
        self._note(answered=self._shared.clock.monotonic())

    def counted(self, tokens: TokenClasses) -> None:
        """Note what the provider has billed."""
        if self.trace.breakpoints is not None:
            self._shared.prefix_reuse.note(self.trace.breakpoints, tokens)
        if self.trace.tried.effort_left and tokens.output:
            org_id = self._request.principal.org_id
            self._shared.usual_reasoning.note(org_id, self._target.served_model, tokens.output_reasoning)

    def note_dropped(self, name: str) -> None:
        """Note one more field of the client's that was not carried out."""
        self._note(dropped=(*self.trace.dropped, name))

    async def _attempts(self, once: Callable[[Target, int], Awaitable[T]]) -> T:
        calls, key, retried = 0, 0, False
        instead = list(self._request.fallbacks)
        while True:
            target = self._target
            changed = is_changed(self._request, self.plan)
            try:
                if (refusal := self._shared.health.circuit_open(target, key)) is not None:
                    raise refusal
                calls += 1
                return await self._traced(target, key, once)
            except Failure as failure:
                if calls < MAX_CALLS and self._learned(target, key, failure):
                    continue
                if failure.billed is not None:
                    self._note(billed=failure.billed)
                tried = AttemptState(
                    calls=calls,
                    keys_left=len(target.keys) - key - 1,
                    retried=retried,
                    changed=changed,
                    elsewhere=self._is_elsewhere(target),
                )
                error, step = self._client_error(failure, target), next_action(failure, tried)
                of_the_model = error.status >= 500 or error.status in _OTHERS_MAY or error.code == _TOO_LONG
            except BadRequest as unfit:  # this provider has no form for something that the requested one may have
                error, step = unfit, RetryAction.FALLBACK if changed else RetryAction.GIVE_UP
                of_the_model = True
            requested = self._request.requested
            if step is RetryAction.GIVE_UP and instead and of_the_model and not self.trace.billed:
                self.plan, calls, key, retried = self.plan.instead(instead.pop(0)), 0, 0, False
                continue
            if step is RetryAction.GIVE_UP or (step is RetryAction.FALLBACK and requested is None):
                raise self._given_up(error)
            if step is RetryAction.OTHER_KEY:
                key += 1
            elif step is RetryAction.RETRY:
                retried = True
                await self._shared.pause()
            elif requested is not None:
                self.plan, key = self.plan.fallback(requested), 0

    async def _traced(self, target: Target, key: int, once: Callable[[Target, int], Awaitable[T]]) -> T:
        """One call, in a span of its own, and what it shows of the provider's health."""
        with self._span(target) as span:
            try:
                found = await once(target, key)
            except Failure as failure:
                # That a slower tier has no room says nothing of the key.
                if not self._no_room(failure):
                    self._shared.health.failed(target, key, failure)
                count_failure(target.provider, failure)
                self.counted(failure.billed or TokenClasses())
                raise
            tracing.set_attributes(span, {names.RESPONSE_MODEL: self.trace.served_model or target.served_model})
            return found

    def _learned(self, target: Target, key: int, failure: Failure) -> bool:
        """Whether a server refused a field that only we added: then it is left out from now on. Or reasoning that another account or
        model has made: then this request goes out without. Or the slower tier has no room: then this request does not wait for it.
        """
        if self._sent is None:
            return False
        if self._no_room(failure):
            self._at_once = True
            return True
        if self._sent.holds_reasoning and not self._without_reasoning and refused_reasoning(failure):
            self._without_reasoning = True
            return True
        guess = self._shared.registry[target.provider].rejects_unknown_fields
        fields = refused(failure, self._sent.added, guess=guess)
        if fields:
            self._shared.refused_fields.add(_server(target, key), target.served_model, fields)
        return bool(fields)

    def _client_error(self, failure: Failure, target: Target) -> PromptlyError:
        own = forwarded(failure) if self._sent is not None and self._sent.forwarded else None
        return own or client_error(failure, target.provider)

    def _given_up(self, error: PromptlyError) -> PromptlyError:
        if self.trace.called is not None:
            self.answered()
        return error.with_traceback(None)

    def encoded(self) -> tuple[Attempt, EncodedRequest]:
        """What would go out with the first key, without anything that we add on the way; the same every time."""
        attempt = self._attempt(self._target, 0)
        encoded = self._endpoint.encode(attempt)
        self.key_id = attempt.key_id
        return msgspec.structs.replace(attempt, encoded=encoded), encoded

    def answered_in_batch(self, data: bytes, tier: str) -> CompleteAnswer:
        """A whole answer that the provider gave to `encoded` in a batch, at this tier's price. `Failure` where it is none."""
        attempt, encoded = self.encoded()
        surface = encoded.surface.partition(":")[0]
        self._note(dropped=encoded.dropped, target_surface=surface, raw=encoded.raw, deferred=True, served_tier=tier)
        found = self._read(attempt, data)
        self._note(served_model=_printable(found.summary.model))
        return msgspec.structs.replace(found, summary=msgspec.structs.replace(found.summary, service_tier=tier))

    def _attempt(self, target: Target, key: int) -> Attempt:
        shared = self._shared
        return Attempt(
            request=self._request,
            plan=self.plan,
            provider=shared.registry[target.provider],
            target=target,
            known=shared.catalog.find(target.served_model),
            without=shared.refused_fields.of(_server(target, key), target.served_model),
            created=int(shared.clock.now().timestamp()),
            key_id=target.keys[key].id,
            without_reasoning=self._without_reasoning,
            cipher=None if shared.ciphers is None else shared.ciphers(self._request.principal.org_id),
        )

    async def _encode(self, target: Target, key: int) -> tuple[Attempt, EncodedRequest]:
        shared, attempt = self._shared, self._attempt(target, key)
        self._sent, self.key_id = None, target.keys[key].id
        if len(self._request.envelope.raw) > _LARGE:
            own = await asyncio.to_thread(self._endpoint.encode, attempt)
        else:
            own = self._endpoint.encode(attempt)
        own, tried = with_trials(attempt, own, self.plan, shared.usual_reasoning)
        encoded, breakpoints = with_cached_prefix(attempt, own, self.plan, shared.catalog, shared.prefix_reuse)
        encoded = with_cache_key(attempt, encoded, self.plan, shared.cache_keys)
        encoded, deferred = (
            (encoded, False) if self._at_once else with_slower_tier(attempt, encoded, self.plan, shared.catalog)
        )
        self._sent = encoded
        self._note(
            breakpoints=breakpoints,
            deferred=deferred,
            tried=tried,
            dropped=encoded.dropped,
            called=self.trace.called or shared.clock.monotonic(),
            target_surface=encoded.surface.partition(":")[0],
            raw=encoded.raw,
        )
        return msgspec.structs.replace(attempt, encoded=encoded), encoded

    def _no_room(self, failure: Failure) -> bool:
        return self.trace.deferred and failure.status in _NO_ROOM and failure.billed is None

    def _came(self, encoded: EncodedRequest, headers: Mapping[str, str], **known: object) -> None:
        """Note what the headers of an answer say, and what else is known by now."""
        named = headers.get("request-id") or headers.get("x-request-id")
        self.headers = to_client(headers, own_key=True) if encoded.forwarded else {}
        self._note(upstream_request_id=None if named is None else _printable(named[:_MAX_ID]), **known)

    async def _complete_once(self, target: Target, key: int) -> CompleteAnswer:
        attempt, encoded = await self._encode(target, key)
        answer = ProviderAnswer(content=b"")
        if not encoded.local:
            answer = await self._shared.providers.complete(target, key, self._request.principal.org_id, encoded)
        data = answer.content
        now = self._shared.clock.monotonic()
        self._came(encoded, answer.headers, answered=now, first_byte=now)
        if len(data) > _LARGE:  # takes long enough for others to wait, all the more if it has to be mended
            found = await asyncio.to_thread(self._read, attempt, data)
        else:
            found = self._read(attempt, data)
        self._note(served_model=_printable(found.summary.model), served_tier=found.summary.service_tier)
        self._shared.health.succeeded(target, key)
        return found

    def _read(self, attempt: Attempt, data: bytes) -> CompleteAnswer:
        return self._endpoint.read(attempt, self._endpoint.decode(attempt, data))

    async def _stream_once(self, target: Target, key: int) -> OpenStream:
        attempt, encoded = await self._encode(target, key)
        stream = ProviderStream(pieces=_nothing())
        if not encoded.local:
            stream = await self._shared.providers.stream(target, key, self._request.principal.org_id, encoded)
        pieces = stream.pieces
        self._came(encoded, stream.headers)
        try:
            answer = self._endpoint.stream(attempt)
            async for piece in pieces:
                head = answer.feed(piece)
                if answer.started or answer.done:
                    return self._opened(target, key, answer, head, pieces)
            head = answer.end()
            if answer.complete or answer.done:
                return self._opened(target, key, answer, head, pieces)
            raise Failure("truncated", "The stream ended before it said anything.")
        except BaseException:
            await pieces.aclose()
            raise

    def _opened(
        self, target: Target, key: int, answer: AnswerStream, head: bytes, rest: AsyncGenerator[bytes, None]
    ) -> OpenStream:
        if answer.empty:
            raise Failure("malformed", "The answer has no choices.", billed=answer.billed)
        self._note(first_byte=self._shared.clock.monotonic(), served_model=_printable(answer.model))

        def ended(failure: Failure | None) -> None:
            if failure is None:
                self._shared.health.succeeded(target, key)
            else:
                self._shared.health.failed(target, key, failure)
                count_failure(target.provider, failure)

        return OpenStream(answer, head, rest, ended)

    @property
    def _target(self) -> Target:
        assert self.plan.target is not None, "a plan without a target is no call"
        return self.plan.target

    def _is_elsewhere(self, target: Target) -> bool:
        requested = self._request.requested
        return requested is not None and requested.keys != target.keys

    def _note(self, **known: object) -> None:
        self.trace = msgspec.structs.replace(self.trace, **known)

    def _span(self, target: Target) -> AbstractContextManager[tracing.Span]:
        return tracing.span(
            f"{self._endpoint.operation} {target.served_model}",
            tracing.CLIENT,
            {
                names.OPERATION_NAME: self._endpoint.operation,
                names.PROVIDER_NAME: self._shared.registry[target.provider].telemetry_name,
                names.REQUEST_MODEL: target.served_model,
                names.REQUEST_STREAM: self._request.envelope.stream,
                names.REQUEST_ID: self._request.id,
            },
        )


async def short_pause() -> None:
    """Wait before a retry, not equally long for all requests."""
    await asyncio.sleep(random.uniform(0.05, 0.15))  # noqa: S311 - no secret depends on it


async def _nothing() -> AsyncGenerator[bytes, None]:
    pieces: tuple[bytes, ...] = ()
    for piece in pieces:
        yield piece


def _server(target: Target, key: int) -> str:
    return target.keys[key].base_url or target.provider


def _printable(model: str | None) -> str | None:
    """A model's name as it can be kept: providers choose it."""
    if model is None or model.isprintable():
        return model
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in model)
