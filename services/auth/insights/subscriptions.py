"""Subscriptions to new entries of the request log."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from libs.common.contracts.analytics import RequestsLogged
from libs.common.errors import RateLimited

_MOST_WAITING: Final = 100


class Subscription:
    """Ids of new requests for one subscriber, at most a hundred batches; the oldest are dropped for one that falls behind."""

    def __init__(self) -> None:
        self._waiting: asyncio.Queue[tuple[str, ...] | None] = asyncio.Queue(_MOST_WAITING)

    async def next(self, seconds: float) -> tuple[str, ...] | None:
        """The ids that came, none if nothing came within this time; None when it is over."""
        try:
            return await asyncio.wait_for(self._waiting.get(), seconds)
        except TimeoutError:
            return ()

    def push(self, ids: tuple[str, ...] | None) -> None:
        """Queue these ids behind those that wait; None ends the subscription."""
        if self._waiting.full():
            self._waiting.get_nowait()
        self._waiting.put_nowait(ids)


class Subscriptions:
    """Subscriptions by organization. One listener on the bus serves them all.

    `most` views are open at a time, `per_org` of them an organization's; it may have no more than are still free, so that a
    few organizations cannot have them all.
    """

    def __init__(self, per_org: int = 20, most: int = 200) -> None:
        self._per_org = per_org
        self._most = most
        self._subscribers: dict[str, set[Subscription]] = defaultdict(set)

    async def publish(self, logged: RequestsLogged) -> None:
        """Pass new entries on to their organization's subscribers."""
        for org_id in logged.ids.keys() & self._subscribers.keys():
            for subscription in self._subscribers[org_id]:
                subscription.push(logged.ids[org_id])

    def check_capacity(self, org_id: str) -> None:
        """`RateLimited` where an organization has too many subscriptions here already."""
        if len(self._subscribers.get(org_id, ())) >= self._capacity():
            raise RateLimited("Too many live views of this organization are open; close one.", retry_after=5)

    def _capacity(self) -> int:
        return min(self._per_org, self._most - sum(map(len, self._subscribers.values())))

    @contextmanager
    def subscribe(self, org_id: str) -> Iterator[Subscription]:
        """New entries of one organization until the block ends; `RateLimited` as `check_capacity` says."""
        self.check_capacity(org_id)
        subscription = Subscription()
        self._subscribers[org_id].add(subscription)
        try:
            yield subscription
        finally:
            self._subscribers[org_id].discard(subscription)
            if not self._subscribers[org_id]:
                del self._subscribers[org_id]

    def close(self) -> None:
        """End all subscriptions."""
        for subscribers in self._subscribers.values():
            for subscription in subscribers:
                subscription.push(None)
