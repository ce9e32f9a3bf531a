"""Whose request begins, or is recorded as abandoned, next, where more come within one moment than a gateway can work on at once."""

import asyncio
from collections import deque

# So many that wait are a crowd: what each turn of the loop takes on is what everybody else's next step waits for.
_CROWD = 64


class OrgRotation:
    """At most `most` pieces of work begin per turn of the event loop, those that wait by organization in rotation; of a crowd one.

    A request costs most of its processor time on its way to the provider. A thousand of one organization that arrive together
    would otherwise all be ahead of whatever another organization sends a millisecond later. Nothing waits while fewer come, and
    nothing is refused here.
    """

    def __init__(self, most: int = 4) -> None:
        self._most = most
        self._begun = 0
        self._held = 0
        self._counting = False
        # In the order of their next turn: an organization whose work has begun goes to the end.
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}

    async def wait(self, org_id: str) -> None:
        """Return when work for this organization, or for whatever else has shares, may begin."""
        if not self._waiting and self._begun < self._most:
            self._begun += 1
            self._count()
            return
        begins: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(org_id, deque()).append(begins)
        self._held += 1
        self._count()
        await begins

    def _count(self) -> None:
        if not self._counting:
            self._counting = True
            asyncio.get_running_loop().call_soon(self._next_turn)

    def _next_turn(self) -> None:
        self._counting = False
        self._begun = 0
        most = self._most if self._held <= _CROWD else 1
        while self._waiting and self._begun < most:
            org_id = next(iter(self._waiting))
            queue = self._waiting.pop(org_id)
            begins = queue.popleft()
            self._held -= 1
            if queue:
                self._waiting[org_id] = queue
            if not begins.done():  # its client may have left
                begins.set_result(None)
                self._begun += 1
        if self._begun:
            self._count()
