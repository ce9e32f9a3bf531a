"""Requests that wait for a batch, as their clients see them: accepted, looked at, cancelled."""

from collections.abc import Mapping
from typing import Final

import msgspec

from libs.common.catalog import Catalog
from libs.common.clock import Clock
from libs.common.contracts.auth import Principal
from libs.common.errors import BadRequest, NotFound, PromptlyError, Unavailable
from services.gateway.domain import deferral
from services.gateway.domain.batches import Group
from services.gateway.domain.budgets import shares
from services.gateway.domain.deferred import (
    DeferredAnswer,
    DeferredRequest,
    DeferredStatus,
    Surface,
    status_url,
    view,
)
from services.gateway.domain.request import Incoming, Request
from services.gateway.domain.stored_response import Conversation
from services.gateway.pipeline.admission import Admission, RateLimitCallback
from services.gateway.pipeline.provider_call import ProviderCall
from services.gateway.pipeline.recorder import RequestRecord
from services.gateway.pipeline.response import Response
from services.gateway.ports import DeferredStore, Webhooks
from services.gateway.providers.registry import Registry

_RETRY_AFTER: Final = 60  # seconds
_SCOPE: Final = "chat"
_CREDENTIALS: Final = ("authorization", "x-api-key", "x-goog-api-key", "cookie", "proxy-authorization")


class Gone(PromptlyError):
    """An answer that is not there any more, or never will be."""

    status = 410
    code = "deferred_gone"


class Deferrable(msgspec.Struct, frozen=True, kw_only=True):
    """A request in a form in which it can be kept, beside the one that is served: `conversation` is what was looked up for it."""

    surface: Surface
    incoming: Incoming
    conversation: Conversation | None = None


class Deferrals:
    """Accepts requests that can wait, and tells of them."""

    def __init__(
        self,
        store: DeferredStore,
        webhooks: Webhooks,
        admission: Admission,
        registry: Registry,
        catalog: Catalog,
        clock: Clock,
    ) -> None:
        self._store = store
        self._webhooks = webhooks
        self._admission = admission
        self._registry = registry
        self._catalog = catalog
        self._clock = clock

    async def accept(
        self,
        deferrable: Deferrable,
        request: Request,
        call: ProviderCall,
        record: RequestRecord,
        reserved_nano: int | None,
    ) -> Response | None:
        """The answer that names the status address, once the request is kept; None: it is to be answered now. `reserved_nano` is
        what was taken of each of its budgets. `BadRequest` for a webhook that is not the organization's, or not verified.
        """
        target = call.plan.target
        assert target is not None, "what is called has a target"
        provider = self._registry[target.provider]
        factor = self._catalog.tier_factor(target.provider, deferral.BATCH_TIER, request.day)
        incoming = deferrable.incoming
        form = provider.batches
        if form is None or not deferral.can_be_batched(request, factor, incoming.headers):
            return None
        try:
            _, encoded = call.encoded()
        except BadRequest:
            return None
        if encoded.local or encoded.stream or encoded.surface not in form.surfaces:
            return None
        webhook_id = None
        if request.overrides.webhook is not None:
            try:
                webhook_id = await self._webhooks.find(request.principal.org_id, request.overrides.webhook)
            except Unavailable:
                return None
        group = group_of(call, encoded.surface, encoded.headers, request)
        kept = DeferredRequest(
            id=request.id,
            surface=deferrable.surface,
            body=incoming.body,
            headers={name: value for name, value in incoming.headers.items() if name not in _CREDENTIALS},
            query=incoming.query,
            principal=request.principal,
            plan=msgspec.structs.replace(call.plan, refusal=None),
            time_ms=request.time_ms,
            spent_ms=(self._clock.monotonic() - request.accepted) * 1000,
            deadline_ms=request.time_ms + (request.overrides.deadline or 0) * 1000,
            conversation=deferrable.conversation,
            reserved_nano=reserved_nano,
            budgets=shares(request),
            webhook_id=webhook_id,
        )
        if not await self._store.add(kept, group.digest, len(encoded.body)):
            return None
        record.postpone(call.plan)
        status = DeferredStatus(
            id=request.id,
            surface=kept.surface,
            state="queued",
            created_ms=kept.time_ms,
            deadline_ms=kept.deadline_ms,
        )
        return Response(
            cache="off",
            model=target.model,
            media_type="application/json",
            error=lambda error: b"",
            body=msgspec.json.encode(view(status)),
            headers={
                "location": status_url(request.id),
                "retry-after": str(_RETRY_AFTER),
                "preference-applied": "respond-async",
            },
            arm=request.arm,
            status=202,
        )

    async def read(self, api_key: str | None, request_id: str, on_rate_limit: RateLimitCallback) -> DeferredAnswer:
        """The answer of a request, or how it stands. `NotFound` for one that is unknown or of another organization, `Gone` for one
        that has no answer any more.
        """
        async with self._admission.without_model(api_key, on_rate_limit, _SCOPE) as principal:
            status, _ = await self._status(principal, request_id)
            if status.state in ("queued", "in_progress"):
                return _shown(status, 202)
            if status.state == "cancelled":
                raise Gone("This request was cancelled.", code="deferred_cancelled")
            answer = await self._store.answer(principal.org_id, request_id)
            if answer is None:
                raise Gone(
                    f"The answer to this request ({status.state}) is not kept any more.", code="deferred_expired"
                )
            return answer

    async def cancel(self, api_key: str | None, request_id: str, on_rate_limit: RateLimitCallback) -> DeferredAnswer:
        """Cancel a request, or remove its answer. What its provider has begun is billed all the same."""
        async with self._admission.without_model(api_key, on_rate_limit, _SCOPE) as principal:
            while True:
                status, revision = await self._status(principal, request_id)
                if status.state not in ("queued", "in_progress"):
                    await self._store.forget_answer(principal.org_id, request_id)
                    return _shown(status, 200)
                cancelled = msgspec.structs.replace(status, state="cancelled")
                if await self._store.change(principal.org_id, cancelled, revision):
                    return _shown(cancelled, 200)

    async def _status(self, principal: Principal, request_id: str) -> tuple[DeferredStatus, int]:
        status, revision = await self._store.status(principal.org_id, request_id)
        if status is None:
            raise NotFound(f"No request that waits has the id '{request_id[:100]}'.", code="deferred_not_found")
        return status, revision


def group_of(call: ProviderCall, surface: str, headers: Mapping[str, str], request: Request) -> Group:
    """Which requests a call can share a batch with."""
    target = call.plan.target
    assert target is not None, "what is called has a target"
    return Group(
        org_id=request.principal.org_id,
        key=target.keys[0],
        surface=surface,
        model=target.served_model,
        headers=headers,
    )


def _shown(status: DeferredStatus, code: int) -> DeferredAnswer:
    waits = {"retry-after": str(_RETRY_AFTER)} if code == 202 else {}
    return DeferredAnswer(
        status=code, media_type="application/json", body=msgspec.json.encode(view(status)), headers=waits
    )
