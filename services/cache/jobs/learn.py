"""Shows new entries to the model while nobody waits, so that the first paraphrase does not pay for them."""

import asyncio
from contextlib import suppress

from prometheus_client import Counter

from services.cache.entries import Entries
from services.cache.ports import StoreDownError, Thinker

UNLEARNT = Counter("promptly_cache_unlearnt", "Entries left for their first paraphrase to embed: the queue was full")


class Learner:
    """A bounded queue. What does not fit is let go: a look-up that needs it embeds it then."""

    def __init__(self, entries: Entries, thinker: Thinker, *, capacity: int) -> None:
        self._entries = entries
        self._thinker = thinker
        self._queue: asyncio.Queue[tuple[str, str]] = asyncio.Queue(capacity)

    def offer(self, entry_id: str, form: str) -> None:
        """Queue an entry, or count it as let go."""
        try:
            self._queue.put_nowait((entry_id, form))
        except asyncio.QueueFull:
            UNLEARNT.inc()

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            entry_id, form = await self._queue.get()
            # Without the store the vector is lost, and the entry's first paraphrase makes it again.
            with suppress(StoreDownError):
                [meaning] = await self._thinker.embed([form])
                await self._entries.learn(entry_id, meaning)
            self._queue.task_done()

    async def settled(self) -> None:
        """Wait until all that was offered has been learnt."""
        await self._queue.join()
