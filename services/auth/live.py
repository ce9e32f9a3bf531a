"""News of the request log for whoever watches it."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from libs.common.contracts.analytics import RequestsLogged
from libs.common.errors import RateLimited

_MOST_WAITING: Final = 100


class News:
    """Ids of new requests, for one who watches. Whoever falls behind misses the oldest."""

    def __init__(self) -> None:
        self._waiting: asyncio.Queue[tuple[str, ...] | None] = asyncio.Queue(_MOST_WAITING)

    async def next(self, seconds: float) -> tuple[str, ...] | None:
        """The ids that came, none if nothing came within this time; None when it is over."""
        try:
            return await asyncio.wait_for(self._waiting.get(), seconds)
        except TimeoutError:
            return ()

    def tell(self, ids: tuple[str, ...] | None) -> None:
        """Have these ids next, after those that wait; None ends it."""
        if self._waiting.full():
            self._waiting.get_nowait()
        self._waiting.put_nowait(ids)


class LiveRequests:
    """Who watches which organisation's log. One of the bus's listeners serves them all, however many come and go.

    `most` views are open at a time, `per_org` of them an organisation's; it may have no more than are still free, so that a
    few organisations cannot have them all.
    """

    def __init__(self, per_org: int = 20, most: int = 200) -> None:
        self._per_org = per_org
        self._most = most
        self._watchers: dict[str, set[News]] = defaultdict(set)

    async def hear(self, logged: RequestsLogged) -> None:
        """Pass on what was written."""
        for org_id in logged.ids.keys() & self._watchers.keys():
            for news in self._watchers[org_id]:
                news.tell(logged.ids[org_id])

    def check_room(self, org_id: str) -> None:
        """`RateLimited` where too many watch an organisation here already."""
        if len(self._watchers.get(org_id, ())) >= self._room():
            raise RateLimited("Too many live views of this organisation are open; close one.", retry_after=5)

    def _room(self) -> int:
        return min(self._per_org, self._most - sum(map(len, self._watchers.values())))

    @contextmanager
    def watch(self, org_id: str) -> Iterator[News]:
        """News of one organisation until the block ends; `RateLimited` as `check_room` says."""
        self.check_room(org_id)
        news = News()
        self._watchers[org_id].add(news)
        try:
            yield news
        finally:
            self._watchers[org_id].discard(news)
            if not self._watchers[org_id]:
                del self._watchers[org_id]

    def close(self) -> None:
        """End it for everybody."""
        for watchers in self._watchers.values():
            for news in watchers:
                news.tell(None)
