"""How much of the cache one organisation may fill, and how fast."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field

from libs.common.clock import Clock
from services.cache.entries import Entries

# Every so many parts of a full quota go at once, so that a full organisation does not pay for a count with each store.
_PARTS = 20
# Organisations whose room is remembered; another one is counted anew.
_REMEMBERED = 10_000


@dataclass(slots=True)
class _Account:
    """`room` is how many more entries surely fit; `stores` how many were admitted in the minute that is told by number."""

    room: int
    minute: int
    stores: int = 0
    making: asyncio.Lock = field(default_factory=asyncio.Lock)


class Quota:
    """Keeps each organisation below its number of entries and its rate of stores.

    A full organisation loses what would expire first: the newest answers are those that are asked again, and a quota that
    refused them would stop the cache from learning until its oldest entries expire. A rate above the bound is refused: it is
    no traffic that a cache helps, and it would push out everything that is.
    """

    def __init__(self, entries: Entries, clock: Clock, *, max_entries: int, stores_per_minute: int) -> None:
        self._entries = entries
        self._clock = clock
        self._max_entries = max_entries
        self._stores_per_minute = stores_per_minute
        self._accounts: OrderedDict[str, _Account] = OrderedDict()

    async def admits(self, org_id: str) -> bool:
        """Make room for one more entry; false where the organisation stores too fast. Raises `StoreDownError`."""
        minute = int(self._clock.now().timestamp() // 60)
        account = self._accounts.pop(org_id, None) or _Account(room=0, minute=minute)
        self._accounts[org_id] = account
        if len(self._accounts) > _REMEMBERED:
            self._accounts.popitem(last=False)
        if account.minute != minute:
            account.minute, account.stores = minute, 0
        if account.stores >= self._stores_per_minute:
            return False
        account.stores += 1
        async with account.making:  # who comes meanwhile must not make room a second time
            if account.room <= 0:
                account.room = await self._made(org_id)
            account.room -= 1
        return True

    async def _made(self, org_id: str) -> int:
        """Count, and evict where nothing is left. Stores that replace an entry are charged until the next count."""
        room = self._max_entries - await self._entries.live(org_id)
        if room <= 0:
            share = -(-self._max_entries // _PARTS)
            await self._entries.evict(org_id, share - room)
            room = share
        return room
