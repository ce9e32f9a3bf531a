"""The call to the provider: another key, a retry, and at last the client's own request. See `domain.attempts` for the rules."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AbstractContextManager
from typing import TypeVar

import msgspec

from libs.common.catalog import Catalog
from libs.common.clock import Clock
from libs.common.contracts.events import TokenClasses
from libs.common.errors import BadRequest, PromptlyError
from libs.common.telemetry import names, tracing
from services.gateway.domain import deferral, prefix_writes
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
from services.gateway.ports import Providers
from services.gateway.providers.base import EncodedRequest, ProviderAnswer, ProviderStream
from services.gateway.providers.registry import Registry
from services.gateway.state.prefix_reuse import PrefixReuse
from services.gateway.state.provider_health import ProviderHealth
from services.gateway.state.refused_fields import RefusedFields

T = TypeVar("T")
_LARGE = 1 << 20
_MAX_ID = 128
_BREAKPOINTS = "cache_control"
_TIER = "service_tier"
# What a slower tier answers where it has no room, and has billed nothing.
_NO_ROOM = (408, 429, 503)
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

    def note_dropped(self, name: str) -> None:
        """Note one more field of the client's that was not carried out."""
        self._note(dropped=(*self.trace.dropped, name))

    async def _attempts(self, once: Callable[[Target, int], Awaitable[T]]) -> T:
        calls, key, retried = 0, 0, False
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
            except BadRequest as unfit:  # this provider has no form for something that the requested one may have
                error, step = unfit, RetryAction.FALLBACK if changed else RetryAction.GIVE_UP
            requested = self._request.requested
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
        found = self._endpoint.read(attempt, self._endpoint.decode(attempt, data))
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

    def _encode(self, target: Target, key: int) -> tuple[Attempt, EncodedRequest]:
        shared, attempt = self._shared, self._attempt(target, key)
        self._sent, self.key_id = None, target.keys[key].id
        self._sent = encoded = self._deferred(attempt, self._cached_prefix(attempt, self._endpoint.encode(attempt)))
        self._note(
            dropped=encoded.dropped,
            called=self.trace.called or shared.clock.monotonic(),
            target_surface=encoded.surface.partition(":")[0],
            raw=encoded.raw,
        )
        return msgspec.structs.replace(attempt, encoded=encoded), encoded

    def _cached_prefix(self, attempt: Attempt, encoded: EncodedRequest) -> EncodedRequest:
        """The same, with breakpoints where it pays that the provider caches what it begins with."""
        shared, settings = self._shared, self._request.settings
        form = attempt.provider.formats.get(encoded.surface)
        on = settings.prefix_caching and settings.level != "off" and not self.plan.fallback_used
        self._note(breakpoints=None)
        if not on or form is None or form.beginning is None or encoded.local or _BREAKPOINTS in attempt.without:
            return encoded
        if (begins := form.beginning(encoded.body)) is None:
            return encoded
        size = begins.fixed + begins.earlier + begins.newest
        rates = prefix_writes.rates(attempt.target.priced(shared.catalog), self._request.day, size)
        place = prefix_writes.Place(self._request.principal.org_id, attempt.key_id, attempt.target.served_model)
        made = None if rates is None else shared.prefix_reuse.decide(place, begins, rates)
        if made is None:
            return encoded
        self._note(breakpoints=made)
        return msgspec.structs.replace(
            encoded,
            body=begins.with_breakpoints(made.lifetime, turns=made.turns),
            added=(*encoded.added, _BREAKPOINTS),
            raw=False,
        )

    def _deferred(self, attempt: Attempt, encoded: EncodedRequest) -> EncodedRequest:
        """The same, to the provider's slower and cheaper tier of service, where the client can wait and asks for no tier."""
        form, request = attempt.provider.formats.get(encoded.surface), self._request
        found = None
        tier = "" if form is None or encoded.local else form.slow_tier
        if tier and not (self._at_once or self.plan.fallback_used or _TIER in attempt.without):
            factor = self._shared.catalog.tier_factor(attempt.target.provider, tier, request.day)
            found = deferral.with_tier(encoded.body, tier) if deferral.can_wait(request, factor) else None
        self._note(deferred=found is not None)
        if found is None:
            return encoded
        patience = float(min(request.overrides.deadline or 0, deferral.LONGEST))
        added = (*encoded.added, _TIER)
        return msgspec.structs.replace(encoded, body=found, added=added, raw=False, patience=patience)

    def _no_room(self, failure: Failure) -> bool:
        return self.trace.deferred and failure.status in _NO_ROOM and failure.billed is None

    def _came(self, encoded: EncodedRequest, headers: Mapping[str, str]) -> None:
        """Note what the headers of an answer say."""
        named = headers.get("request-id") or headers.get("x-request-id")
        self.headers = to_client(headers, own_key=True) if encoded.forwarded else {}
        self._note(upstream_request_id=None if named is None else _printable(named[:_MAX_ID]))

    async def _complete_once(self, target: Target, key: int) -> CompleteAnswer:
        attempt, encoded = self._encode(target, key)
        answer = ProviderAnswer(content=b"")
        if not encoded.local:
            answer = await self._shared.providers.complete(target, key, self._request.principal.org_id, encoded)
        data = answer.content
        self._came(encoded, answer.headers)
        now = self._shared.clock.monotonic()
        self._note(answered=now, first_byte=now)
        decoded = self._endpoint.decode(attempt, data)
        if len(data) > _LARGE:
            await asyncio.sleep(0)  # each of the two takes long enough for others to wait
        found = self._endpoint.read(attempt, decoded)
        self._note(served_model=_printable(found.summary.model), served_tier=found.summary.service_tier)
        self._shared.health.succeeded(target, key)
        return found

    async def _stream_once(self, target: Target, key: int) -> OpenStream:
        attempt, encoded = self._encode(target, key)
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


async def _nothing() -> AsyncGenerator[bytes, None]:
    pieces: tuple[bytes, ...] = ()
    for piece in pieces:
        yield piece


def _server(target: Target, key: int) -> str:
    return target.keys[key].base_url or target.provider


def _printable(model: str | None) -> str | None:
    """A model's name as it can be kept: providers choose it."""
    return None if model is None else "".join(letter if letter.isprintable() else "\ufffd" for letter in model)
