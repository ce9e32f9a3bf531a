"""How much of the cache one organization may fill, and how fast."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field

from libs.common.clock import Clock
from services.cache.entries import Entries

# Every so many parts of a full quota go at once, so that a full organization does not pay for a count with each store.
_PARTS = 20
# Organizations whose room is remembered; another one is counted anew.
_REMEMBERED = 10_000


@dataclass(slots=True)
class _Account:
    """`room` is how many more entries surely fit, `bytes_room` how many bytes; `stores` how many were admitted in the minute
    that is told by number.
    """

    room: int
    bytes_room: int
    minute: int
    stores: int = 0
    making: asyncio.Lock = field(default_factory=asyncio.Lock)


class Quota:
    """Keeps each organization below its number of entries, their bytes and its rate of stores, and all of them below a sum.

    A full organization loses what would expire first: the newest answers are those that are asked again, and a quota that
    refused them would stop the cache from learning until its oldest entries expire. A rate above the bound is refused: it is
    no traffic that a cache helps, and it would push out everything that is.
    """

    def __init__(
        self,
        entries: Entries,
        clock: Clock,
        *,
        max_entries: int,
        stores_per_minute: int,
        max_bytes: int = 200_000_000,
        total_bytes: int = 2_000_000_000,
        entry_bytes: int = 500_000,
    ) -> None:
        self._max_bytes = max_bytes
        self._total_bytes = total_bytes
        self._entry_bytes = min(entry_bytes, max_bytes)
        self._total_room = 0
        self._making = asyncio.Lock()
        self._entries = entries
        self._clock = clock
        self._max_entries = max_entries
        self._stores_per_minute = stores_per_minute
        self._accounts: OrderedDict[str, _Account] = OrderedDict()

    async def admits(self, org_id: str, size: int = 0) -> bool:
        """Make room for one more entry of `size` bytes; false where it is too large for anybody, or the organization stores too
        fast. Raises `StoreDownError`.
        """
        if size > self._entry_bytes:
            return False
        minute = int(self._clock.now().timestamp() // 60)
        account = self._accounts.pop(org_id, None) or _Account(room=0, bytes_room=0, minute=minute)
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
            if account.bytes_room < size:
                account.bytes_room = await self._made_bytes(org_id, size)
            account.bytes_room -= size
        async with self._making:
            if self._total_room < size:
                self._total_room = await self._made_in_all(size)
            self._total_room -= size
        return True

    async def _made_bytes(self, org_id: str, size: int) -> int:
        """Count the organization's bytes, and evict where too many are there."""
        for _ in range(_PARTS):
            room = self._max_bytes - (await self._entries.sizes(org_id)).get(org_id, 0)
            if room >= size:
                break
            await self._evict_part(org_id)
        return max(room, size)

    async def _made_in_all(self, size: int) -> int:
        """Count everybody's bytes; where too many are there, those go who have most."""
        for _ in range(_PARTS):
            sizes = await self._entries.sizes()
            room = self._total_bytes - sum(sizes.values())
            if room >= size or not sizes:
                break
            await self._evict_part(max(sizes, key=lambda org_id: sizes[org_id]))
        return max(room, size)

    async def _evict_part(self, org_id: str) -> None:
        """A share of an organization's entries: those that would expire first."""
        await self._entries.evict(org_id, max(1, -(-await self._entries.live(org_id) // _PARTS)))

    async def _made(self, org_id: str) -> int:
        """Count, and evict where nothing is left. Stores that replace an entry are charged until the next count."""
        room = self._max_entries - await self._entries.live(org_id)
        if room <= 0:
            share = -(-self._max_entries // _PARTS)
            await self._entries.evict(org_id, share - room)
            room = share
        return room
