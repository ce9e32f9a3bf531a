"""Serves what auth asks about captured requests: any gateway answers, for only gateways and auth can open them."""

from libs.common.bus.ports import Bus
from libs.common.contracts.gateway import (
    ERASE_CAPTURES,
    LIST_CAPTURES,
    READ_CAPTURE,
    REPLAY,
    CapturedText,
    CaptureList,
    CaptureRef,
    CapturesErased,
    EraseCaptures,
    ListCaptures,
)
from libs.common.errors import NotFound
from services.gateway.capture_ports import CaptureStore
from services.gateway.pipeline.replay import Replays


async def serve(bus: Bus, store: CaptureStore, replays: Replays) -> None:
    """List, open, erase and replay captured requests."""

    async def listed(asked: ListCaptures) -> CaptureList:
        found = await store.list(asked.org_id, asked.from_ms, asked.to_ms)
        return CaptureList(captures=tuple(found[: asked.limit]), total=len(found))

    async def read(asked: CaptureRef) -> CapturedText:
        known = await store.find(asked.org_id, asked.id)
        request = None if known is None else await store.load(asked.org_id, known)
        if known is None or request is None:
            raise _not_there()
        return CapturedText(captured=known, body=request.body)

    async def erase(asked: EraseCaptures) -> CapturesErased:
        if asked.id is None:
            return CapturesErased(count=await store.erase(asked.org_id))
        known = await store.find(asked.org_id, asked.id)
        if known is None:
            raise _not_there()
        await store.forget(asked.org_id, known)
        return CapturesErased(count=1)

    await bus.serve(LIST_CAPTURES, listed)
    await bus.serve(READ_CAPTURE, read, concurrency=4)
    await bus.serve(ERASE_CAPTURES, erase)
    await bus.serve(REPLAY, replays.run)


def _not_there() -> NotFound:
    return NotFound("This request was not captured, or is not kept any more.")
