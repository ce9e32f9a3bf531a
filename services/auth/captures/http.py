"""Captured requests. Only admins read what was said, and no control-plane key does."""

from litestar import Controller, delete, get
from litestar.params import FromPath

from libs.common.bus import Bus
from libs.common.clock import Clock
from libs.common.contracts.gateway import (
    ERASE_CAPTURES,
    LIST_CAPTURES,
    READ_CAPTURE,
    CaptureRef,
    EraseCaptures,
    ListCaptures,
)
from libs.common.errors import BadRequest
from services.auth.captures import schemas
from services.auth.domain.permissions import Action
from services.auth.http.dependencies import Injected, Params
from services.auth.http.guard import ApiRequest
from services.auth.http.request import an_id
from services.auth.insights.domain.periods import period_ms

_DAY_MS = 86_400_000


class CaptureController(Controller):
    """/api/captures"""

    path = "/captures"

    @get(needs=Action.READ_TEXTS)
    async def page(
        self, request: ApiRequest, params: Params[schemas.CapturesQuery], bus: Injected[Bus], clock: Injected[Clock]
    ) -> schemas.Captures:
        """What was captured, newest first."""
        from_ms, to_ms = period_ms(params.from_, params.to, params.days, clock.now())
        if to_ms - from_ms > schemas.MOST_DAYS * _DAY_MS:
            raise BadRequest(f"Nothing is kept for more than {schemas.MOST_DAYS} days: ask for fewer.", param="from")
        asked = ListCaptures(org_id=request.user.org_id, from_ms=from_ms, to_ms=to_ms, limit=params.limit)
        return schemas.Captures.of(await bus.call(LIST_CAPTURES, asked))

    @get("/{request_id:str}", needs=Action.READ_TEXTS)
    async def read(self, request: ApiRequest, bus: Injected[Bus], request_id: FromPath[str]) -> schemas.CaptureText:
        """A captured request, with its text."""
        asked = CaptureRef(org_id=request.user.org_id, id=an_id(request_id, "req"))
        return schemas.CaptureText.of(await bus.call(READ_CAPTURE, asked))

    @delete("/{request_id:str}", needs=Action.READ_TEXTS, status_code=200)
    async def erase(self, request: ApiRequest, bus: Injected[Bus], request_id: FromPath[str]) -> schemas.Erased:
        """Erase a captured request."""
        asked = EraseCaptures(org_id=request.user.org_id, id=an_id(request_id, "req"))
        return schemas.Erased(erased=(await bus.call(ERASE_CAPTURES, asked)).count)

    @delete(needs=Action.READ_TEXTS, status_code=200)
    async def erase_all(self, request: ApiRequest, bus: Injected[Bus]) -> schemas.Erased:
        """Erase all that was captured."""
        found = await bus.call(ERASE_CAPTURES, EraseCaptures(org_id=request.user.org_id))
        return schemas.Erased(erased=found.count)
