"""The end of a request that waited: its answer kept, its one record written, its budget settled. Done twice, it is the same."""

from collections.abc import Mapping
from typing import Final, Literal

import msgspec
import structlog

from libs.common import context
from libs.common.clock import Clock
from libs.common.contracts.events import DeferredEnded
from libs.common.errors import PromptlyError, Unavailable, UpstreamFailed
from services.gateway.domain.attempts import Failure, ProviderError, client_error, forwarded
from services.gateway.domain.batches import BatchResult
from services.gateway.domain.deferral import BATCH_TIER
from services.gateway.domain.deferred import DeferredAnswer, DeferredRequest, DeferredState
from services.gateway.domain.outcome import CallTrace, Outcome
from services.gateway.domain.plan import is_changed
from services.gateway.domain.request import Incoming, Request
from services.gateway.endpoints.anthropic_messages import ANTHROPIC_MESSAGES
from services.gateway.endpoints.base import Endpoint
from services.gateway.endpoints.openai_chat import OPENAI_CHAT
from services.gateway.endpoints.openai_responses import OPENAI_RESPONSES, OpenAIResponses
from services.gateway.endpoints.responses import request as requests
from services.gateway.pipeline.pipeline import Pipeline
from services.gateway.pipeline.provider_call import ProviderCall, ProviderCalls
from services.gateway.pipeline.recorder import RequestRecord, internal_error
from services.gateway.pipeline.responder import Responder
from services.gateway.pipeline.response_keeper import ResponseKeeper
from services.gateway.ports import Budgets, DeferredStore, Events, ResponseStore
from services.gateway.providers.registry import Registry

log = structlog.get_logger()
CANCELLED: Final = "deferred_cancelled"
_ENDPOINTS: Final[Mapping[str, Endpoint]] = {"chat": OPENAI_CHAT, "messages": ANTHROPIC_MESSAGES}
_RESPONSES: Final[Endpoint] = OPENAI_RESPONSES
_TOO_LARGE: Final = "The answer is too large to be kept. It was billed; ask for a shorter one, or without waiting."


class _Spent:
    """Stands in the place of the reservation that another gateway made; see `ports.Reservation`."""

    def __init__(self) -> None:
        self.nano: int | None = 0

    def close(self, actual_nano: int | None) -> None:
        self.nano = actual_nano


class Restored(msgspec.Struct, frozen=True, kw_only=True):
    """A request that was kept, as if it had just come."""

    kept: DeferredRequest
    endpoint: Endpoint
    request: Request
    keeper: ResponseKeeper | None


class DeferredAnswers:
    """Ends requests that waited."""

    def __init__(
        self,
        pipeline: Pipeline,
        calls: ProviderCalls,
        responder: Responder,
        store: DeferredStore,
        responses: ResponseStore,
        budgets: Budgets,
        events: Events,
        registry: Registry,
        clock: Clock,
    ) -> None:
        self._pipeline = pipeline
        self._calls = calls
        self._responder = responder
        self._store = store
        self._responses = responses
        self._budgets = budgets
        self._events = events
        self._registry = registry
        self._clock = clock

    async def find(self, org_id: str, request_id: str) -> Restored | None:
        """A request that is not answered yet. One that can be read no longer, because it names what is gone, ends here."""
        kept = await self._store.request(org_id, request_id)
        if kept is None:
            return None
        try:
            return self._restored(kept)
        except PromptlyError as error:
            log.warning("deferred_unreadable", code=error.code)
            answer = _answer_of(_ENDPOINTS.get(kept.surface, _RESPONSES), error, kept.id)
            await self._done(kept, answer, 0)
            return None

    def call(self, restored: Restored) -> ProviderCall:
        """The call that the request's plan asks for; nothing is sent."""
        return self._calls.start(restored.endpoint, restored.request, restored.kept.plan)

    async def take(self, restored: Restored, result: BatchResult) -> None:
        """End a request with what its provider answered in a batch. Where that refuses what we made of the request, the client's own is
        sent at once.
        """
        kept, endpoint, request = restored.kept, restored.endpoint, restored.request
        with context.bound(request_id=request.id):
            call, (record, spent) = self.call(restored), self._opened(request)
            try:
                body = await self._answered(restored, call, record, result)
                answer = DeferredAnswer(status=200, media_type=endpoint.media_type(request.envelope), body=body)
            except Failure as failure:
                if failure.billed is None and is_changed(request, kept.plan) and not await self._is_cancelled(kept):
                    await self.answer_now(restored)
                    return
                trace = msgspec.structs.replace(call.trace, billed=failure.billed)
                answer = await self._failed(restored, record, trace, _error(call, failure))
            except Unavailable:
                raise
            except Exception as fault:
                log.error("deferred_answer_failed", error_type=type(fault).__name__)
                await record.fail(call.plan, call.trace, fault)
                answer = _answer_of(endpoint, internal_error(request.id), request.id)
            await self._done(kept, answer, spent.nano)

    async def answer_now(self, restored: Restored) -> None:
        """End a request by a call of its own."""
        kept, endpoint, request = restored.kept, restored.endpoint, restored.request
        with context.bound(request_id=request.id):
            if await self._drop_cancelled(restored):
                return
            # The call sets aside, and spends, an amount of its own.
            self._give_back(kept, 0)
            try:
                record = self._pipeline.recorder.open(request)
                response = await self._pipeline.serve(endpoint, request, record, restored.keeper)
                answer = DeferredAnswer(status=200, media_type=response.media_type, body=response.body)
            except PromptlyError as error:
                answer = _answer_of(endpoint, error, request.id)
            except Exception as fault:
                log.error("deferred_answer_failed", error_type=type(fault).__name__)
                answer = _answer_of(endpoint, internal_error(request.id), request.id)
            await self._done(kept, answer, None)

    async def fail(self, restored: Restored, message: str, code: str) -> None:
        """End a request that its provider never came to."""
        with context.bound(request_id=restored.request.id):
            if await self._drop_cancelled(restored):
                return
            record, _ = self._opened(restored.request)
            error = UpstreamFailed(message, code=code)
            answer = await self._failed(restored, record, CallTrace(), error)
            await self._done(restored.kept, answer, 0)

    async def begin(self, restored: Restored) -> bool:
        """Note that a request goes out now; false where it was cancelled, and has ended."""
        kept = restored.kept
        while True:
            status, revision = await self._store.status(kept.principal.org_id, kept.id)
            if status is None or status.state == "cancelled":
                await self._drop_cancelled(restored)
                return False
            begun = msgspec.structs.replace(status, state="in_progress")
            if status == begun or await self._store.change(kept.principal.org_id, begun, revision):
                return True

    async def are_cancelled(self, org_id: str, ids: tuple[str, ...]) -> bool:
        """Whether nobody waits for any of these requests any more."""
        for one in ids:
            status, _ = await self._store.status(org_id, one)
            if status is not None and status.state in ("queued", "in_progress"):
                return False
        return True

    async def _answered(
        self, restored: Restored, call: ProviderCall, record: RequestRecord, result: BatchResult
    ) -> bytes:
        target = restored.kept.plan.target
        assert target is not None, "what was batched had a target"
        if result.status != 200:
            failure = self._registry[target.provider].error(result.status, {}, result.body)
            raise failure.came_as(ProviderError(status=result.status, headers={}, body=result.body))
        answer = call.answered_in_batch(result.body, BATCH_TIER)
        return await self._responder.on_response(
            restored.endpoint, restored.request, call, answer, record, restored.keeper
        )

    async def _failed(
        self, restored: Restored, record: RequestRecord, trace: CallTrace, error: PromptlyError
    ) -> DeferredAnswer:
        await record.fail(restored.kept.plan, trace, error)
        return _answer_of(restored.endpoint, error, restored.request.id)

    async def _is_cancelled(self, kept: DeferredRequest) -> bool:
        status, _ = await self._store.status(kept.principal.org_id, kept.id)
        return status is None or status.state == "cancelled"

    async def _drop_cancelled(self, restored: Restored) -> bool:
        """End a request that its client has cancelled and no provider has done; false where it is to be answered."""
        if not await self._is_cancelled(restored.kept):
            return False
        record, _ = self._opened(restored.request)
        await record.close(restored.kept.plan, Outcome(status="cancelled", status_code=499, error=CANCELLED))
        await self._settle(restored.kept, 0)
        return True

    async def _done(self, kept: DeferredRequest, answer: DeferredAnswer, spent_nano: int | None) -> None:
        org, state = kept.principal.org_id, _state(answer)
        if not await self._store.keep(org, kept.id, answer):
            endpoint = _ENDPOINTS.get(kept.surface, _RESPONSES)
            answer = _answer_of(endpoint, UpstreamFailed(_TOO_LARGE, code="deferred_too_large"), kept.id)
            state = "failed"
            await self._store.keep(org, kept.id, answer)
        until = int(self._clock.now().timestamp() * 1000 + self._store.answer_seconds * 1000)
        while True:
            status, revision = await self._store.status(org, kept.id)
            if status is None or status.state == "cancelled":
                await self._store.forget_answer(org, kept.id)
                break
            if await self._store.change(org, msgspec.structs.replace(status, state=state, until_ms=until), revision):
                await self._publish_end(kept, "completed" if state == "completed" else "failed")
                break
        await self._settle(kept, spent_nano)

    async def _publish_end(self, kept: DeferredRequest, status: Literal["completed", "failed"]) -> None:
        """For its webhook, before the request is forgotten: whoever ends it again publishes it again, under the same id."""
        if kept.webhook_id is None:
            return
        await self._events.deferred_ended(
            DeferredEnded(
                org_id=kept.principal.org_id,
                request_id=kept.id,
                webhook_id=kept.webhook_id,
                status=status,
                created_ms=kept.time_ms,
                deadline_ms=kept.deadline_ms,
                time_ms=int(self._clock.now().timestamp() * 1000),
            )
        )

    async def _settle(self, kept: DeferredRequest, spent_nano: int | None) -> None:
        """Forget the request; from then on nobody ends it again. What was set aside for it and not spent goes back."""
        await self._store.forget_request(kept.principal.org_id, kept.id)
        self._give_back(kept, spent_nano)

    def _give_back(self, kept: DeferredRequest, spent_nano: int | None) -> None:
        """Return what was set aside and not spent; None: nothing is to be returned."""
        if kept.reserved_nano is not None and spent_nano is not None:
            self._budgets.give_back(kept.principal.org_id, kept.budgets, kept.reserved_nano - spent_nano, kept.time_ms)

    def _opened(self, request: Request) -> tuple[RequestRecord, _Spent]:
        record, spent = self._pipeline.recorder.open(request), _Spent()
        record.reservation = spent
        return record, spent

    def _restored(self, kept: DeferredRequest) -> Restored:
        incoming = Incoming(
            request_id=kept.id,
            accepted=self._clock.monotonic() - kept.spent_ms / 1000,
            time_ms=kept.time_ms,
            api_key=None,
            body=kept.body,
            headers=dict(kept.headers),
            query=kept.query,
            principal=kept.principal,
        )
        endpoint = self._endpoint(kept)
        request = self._pipeline.parse(endpoint, incoming)
        keeper = None
        if isinstance(endpoint, OpenAIResponses):
            keeper = ResponseKeeper(self._responses, endpoint, request)
        return Restored(kept=kept, endpoint=endpoint, request=request, keeper=keeper)

    def _endpoint(self, kept: DeferredRequest) -> Endpoint:
        if kept.surface in _ENDPOINTS:
            return _ENDPOINTS[kept.surface]
        assert kept.conversation is not None, "a request for a response is kept with its conversation"
        return OpenAIResponses(kept.conversation, requests.head(kept.body, dict(kept.headers)), self._clock.monotonic)


def _error(call: ProviderCall, failure: Failure) -> PromptlyError:
    _, encoded = call.encoded()
    own = forwarded(failure) if encoded.forwarded else None
    assert call.plan.target is not None, "what was batched had a target"
    return own or client_error(failure, call.plan.target.provider)


def _answer_of(endpoint: Endpoint, error: PromptlyError, request_id: str) -> DeferredAnswer:
    made = endpoint.error(error, request_id)
    return DeferredAnswer(status=made.status, media_type=made.media_type, body=made.body, headers=made.headers)


def _state(answer: DeferredAnswer) -> DeferredState:
    return "completed" if answer.status == 200 else "failed"
