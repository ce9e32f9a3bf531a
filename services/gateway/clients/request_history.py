"""Requests that are over: in analytics' log, and in the cache."""

from libs.common.bus.ports import Bus
from libs.common.contracts.analytics import REQUEST, RequestById
from libs.common.contracts.cache import FORGET, ForgetEntry
from libs.common.contracts.events import FEEDBACK_GIVEN, CompletionFinished, FeedbackGiven


class BusRequestHistory:
    """Implements `ports.RequestHistory`."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def request(self, org_id: str, request_id: str) -> CompletionFinished:
        """One log entry."""
        return await self._bus.call(REQUEST, RequestById(org_id=org_id, id=request_id))

    async def forget(self, org_id: str, entry_id: str, pair_id: str | None) -> bool:
        """Remove a cached answer, and keep its pair apart."""
        wrong = ForgetEntry(org_id=org_id, entry_id=entry_id, pair_ids=() if pair_id is None else (pair_id,))
        return (await self._bus.call(FORGET, wrong)).forgotten

    async def record_feedback(self, given: FeedbackGiven) -> None:
        """Keep what a client thought."""
        event_id = f"{given.org_id}:{given.request_id}:{given.time_ms}"
        await self._bus.emit(FEEDBACK_GIVEN, given, event_id=event_id)
