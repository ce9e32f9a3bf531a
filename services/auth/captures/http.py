"""Captured requests. Only admins read what was said, and no control-plane key does."""

import asyncio
from typing import Final

import msgspec
from litestar import Controller, delete, get, post
from litestar.params import FromPath

from libs.common.bus import Bus
from libs.common.clock import Clock
from libs.common.contracts.gateway import (
    ERASE_CAPTURES,
    LIST_CAPTURES,
    READ_CAPTURE,
    REPLAY,
    CaptureRef,
    EraseCaptures,
    ListCaptures,
    Replay,
    ReplayExample,
)
from libs.common.errors import BadRequest
from services.auth.audited import Audited
from services.auth.captures import schemas
from services.auth.domain.permissions import Action
from services.auth.http.dependencies import Injected, Params, Payload
from services.auth.http.guard import ApiRequest
from services.auth.http.request import an_id
from services.auth.insights.domain.periods import period_ms
from services.auth.optimization.preview import changes
from services.auth.optimization.schemas import MessageChange
from services.auth.routing.service import Configuration

_DAY_MS: Final = 86_400_000
_one_by_one = asyncio.Semaphore(1)


class CaptureController(Controller):
    """/api/captures"""

    path = "/captures"

    @get(needs=Action.READ_TEXTS)
    async def page(
        self, request: ApiRequest, params: Params[schemas.CapturesQuery], bus: Injected[Bus], clock: Injected[Clock]
    ) -> schemas.Captures:
        """What was captured, newest first."""
        from_ms, to_ms = _period(params, clock)
        asked = ListCaptures(org_id=request.user.org_id, from_ms=from_ms, to_ms=to_ms, limit=params.limit)
        return schemas.Captures.of(await bus.call(LIST_CAPTURES, asked))

    @get("/{request_id:str}", needs=Action.READ_TEXTS)
    async def read(
        self,
        request: ApiRequest,
        bus: Injected[Bus],
        audited: Injected[Audited],
        request_id: FromPath[str],
    ) -> schemas.CaptureText:
        """A captured request, with its text. The audit log says who read it."""
        asked = CaptureRef(org_id=request.user.org_id, id=an_id(request_id, "req"))
        await audited.note(request.user, "capture_read", {"request_id": asked.id})
        return schemas.CaptureText.of(await bus.call(READ_CAPTURE, asked))

    @delete("/{request_id:str}", needs=Action.READ_TEXTS, status_code=200)
    async def erase(
        self,
        request: ApiRequest,
        bus: Injected[Bus],
        audited: Injected[Audited],
        request_id: FromPath[str],
    ) -> schemas.Erased:
        """Erase a captured request."""
        asked = EraseCaptures(org_id=request.user.org_id, id=an_id(request_id, "req"))
        await audited.note(request.user, "captures_erased", {"request_id": asked.id})
        return schemas.Erased(erased=(await bus.call(ERASE_CAPTURES, asked)).count)

    @delete(needs=Action.READ_TEXTS, status_code=200)
    async def erase_all(self, request: ApiRequest, bus: Injected[Bus], audited: Injected[Audited]) -> schemas.Erased:
        """Erase all that was captured."""
        await audited.note(request.user, "captures_erased", {"all": True})
        found = await bus.call(ERASE_CAPTURES, EraseCaptures(org_id=request.user.org_id))
        return schemas.Erased(erased=found.count)


class ReplayController(Controller):
    """/api/replay"""

    path = "/replay"

    @post(needs=Action.READ_TEXTS, status_code=200, fails=(409,))
    async def replay(
        self,
        request: ApiRequest,
        payload: Payload[schemas.ReplayBody],
        configuration: Injected[Configuration],
        audited: Injected[Audited],
        bus: Injected[Bus],
        clock: Injected[Clock],
    ) -> schemas.ReplayResult:
        """Predict what other settings would have made of captured requests; no provider is called."""
        from_ms, to_ms = _period(payload, clock)
        given = msgspec.structs.asdict(payload.settings).items()
        wanted = {name: value for name, value in given if value is not msgspec.UNSET}
        principal = await configuration.trial(request.user, wanted)
        await audited.note(request.user, "captures_replayed", {"settings": wanted, "limit": payload.limit})
        asked = Replay(principal=principal, from_ms=from_ms, to_ms=to_ms, limit=payload.limit)
        found = await bus.call(REPLAY, asked)
        # Comparing long texts word by word takes a while, in which others want to be served.
        async with _one_by_one:
            return await asyncio.to_thread(schemas.ReplayResult.of, found, from_ms, to_ms, _diff)


def _diff(example: ReplayExample) -> tuple[MessageChange, ...]:
    before, after = (msgspec.json.decode(side) for side in (example.before, example.after))
    return tuple(changes(before, after, example.positions))


def _period(asked: schemas.CapturesQuery | schemas.ReplayBody, clock: Clock) -> tuple[int, int]:
    from_ms, to_ms = period_ms(asked.from_, asked.to, asked.days, clock.now())
    if to_ms - from_ms > schemas.MOST_DAYS * _DAY_MS:
        raise BadRequest(f"Nothing is kept for more than {schemas.MOST_DAYS} days: ask for fewer.", param="from")
    return from_ms, to_ms
