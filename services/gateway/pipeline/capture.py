"""Captures requests, where their organization wants that: beside the answer, a bounded number at a time."""

from collections import Counter
from typing import Final

import structlog

from libs.common.contracts.events import CompletionFinished
from libs.common.errors import PromptlyError
from libs.common.jobs import Background
from services.gateway.capture_ports import CaptureStore
from services.gateway.domain.captured import CapturedRequest, captured
from services.gateway.domain.request import Request

log = structlog.get_logger()
# Under way at once: in all, and of one organization. What comes meanwhile is not captured.
_MOST: Final = 32
_OF_ONE: Final = 8


class Capture:
    """Keeps requests once they are answered. Nobody waits for it, and what cannot be kept is let go."""

    def __init__(self, store: CaptureStore, background: Background) -> None:
        self._store = store
        self._background = background
        self._under_way: Counter[str] = Counter()

    def keep(self, request: Request, event: CompletionFinished) -> None:
        """Keep a request, if it is to be kept. Returns at once."""
        org_id = request.principal.org_id
        if request.principal.settings.capture == "none" or self._store.is_full(org_id):
            return
        if self._under_way[org_id] >= _OF_ONE or self._under_way.total() >= _MOST:
            return
        found = captured(request, event)
        if found is not None:
            self._under_way[org_id] += 1
            self._background.start("capture_request", self._keep(org_id, found))

    async def _keep(self, org_id: str, found: CapturedRequest) -> None:
        try:
            await self._store.save(org_id, found)
        except PromptlyError as error:
            log.warning("capture_not_kept", code=error.code)
        finally:
            self._under_way[org_id] -= 1
            if not self._under_way[org_id]:
                del self._under_way[org_id]
