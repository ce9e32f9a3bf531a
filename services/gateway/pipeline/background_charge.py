"""What a response cost that its provider made in the background: charged once, by the first call that sees it finished."""

import hashlib

import msgspec

from libs.common.catalog import Catalog
from libs.common.clock import Clock
from libs.common.contracts.auth import Principal
from libs.common.contracts.base import DECODE_ERRORS
from services.gateway.domain.budgets import is_budgeted
from services.gateway.domain.outcome import CallTrace, Outcome, TokenCounts
from services.gateway.domain.overrides import Overrides
from services.gateway.domain.plan import initial
from services.gateway.domain.pricing import price_call
from services.gateway.domain.request import Envelope, Request
from services.gateway.domain.stored_response import RoutingRecord
from services.gateway.domain.targets import find_target
from services.gateway.endpoints.translated import counted
from services.gateway.pipeline.recorder import Recorder
from services.gateway.ports import Budgets, ResponseStore
from services.gateway.providers.openai.peek import seen_whole

_FINISHED = ("completed", "incomplete", "failed", "cancelled")


class _Head(msgspec.Struct, frozen=True):
    status: str = ""
    created_at: float = 0


class BackgroundCharge:
    """Charges. A second record of the same response has the same id and the same time, and counts for nothing."""

    def __init__(
        self, store: ResponseStore, recorder: Recorder, budgets: Budgets, catalog: Catalog, clock: Clock
    ) -> None:
        self._store = store
        self._recorder = recorder
        self._budgets = budgets
        self._catalog = catalog
        self._clock = clock

    async def see(self, principal: Principal, record: RoutingRecord, body: bytes) -> None:
        """Take note of a response as its provider shows it now. It may be one that is not finished, or is charged already."""
        if not record.background:
            return
        try:
            head = msgspec.json.decode(body, type=_Head)
        except (*DECODE_ERRORS, RecursionError):
            return
        if head.status not in _FINISHED:
            return
        seen = seen_whole(body)
        if (usage := counted(seen.usage)) is not None:
            request = self._request(principal, record, int(head.created_at))
            plan = initial(request)
            outcome = Outcome(
                status="success",
                trace=CallTrace(
                    called=request.accepted,
                    answered=request.accepted,
                    served_model=seen.model or record.model,
                    served_tier=seen.tier,
                    target_surface="responses",
                    raw=True,
                ),
                counts=TokenCounts(tokens=usage.classes(), estimated=usage.odd),
                stop=seen.native_stop,
                units=dict(seen.units),
                stored=True,
            )
            outcome = price_call(request, plan, outcome, self._catalog)
            opened = self._recorder.open(request)
            if is_budgeted(request):
                opened.reservation = await self._budgets.reserve(request, 0)
            await opened.close(plan, outcome)
        await self._store.save_record(principal.org_id, msgspec.structs.replace(record, background=False))

    def _request(self, principal: Principal, record: RoutingRecord, created: int) -> Request:
        """A request in the place of the one that began the response: its id and its time follow from the response alone."""
        digest = hashlib.blake2b(f"{principal.org_id}\n{record.id}".encode(), digest_size=10).hexdigest()
        time_ms = max(created, 0) * 1000
        return Request(
            id=f"req_{time_ms & (1 << 48) - 1:012x}7{digest[1:4]}8{digest[5:]}",
            accepted=self._clock.monotonic(),
            time_ms=time_ms,
            kind="responses",
            principal=principal,
            envelope=Envelope(raw=b"{}", top={}, model=record.model, end_user=record.end_user),
            chat=None,
            overrides=Overrides(tags=dict(record.tags)),
            settings=principal.settings,
            requested=find_target(record.model, principal, self._catalog),
        )
