"""What this gateway may spend of budgets without asking, by organization and sum."""

import asyncio
import math
from collections import OrderedDict
from itertools import islice
from typing import Final, TypeVar

import msgspec

from libs.common.budget_periods import Period
from libs.common.contracts.auth import BudgetPeriod

MOST: Final = 50_000  # some 600 bytes each
MOST_OF_ORG: Final = 5_000
_TRIES: Final = 16
_K = TypeVar("_K")


class Lease(msgspec.Struct):
    """What is left of what was leased from one sum in one period, in nano-dollars; below zero where more was spent. `limit_nano` is what
    the budget was when it was asked for last. `users` are requests that hold it, `held` is what they have set aside.
    """

    name: str
    kind: BudgetPeriod
    period: Period
    left: int = 0
    limit_nano: int = -1
    users: int = 0
    held: int = 0
    ask_after: float = -math.inf
    failed: bool = False
    asking: asyncio.Lock = msgspec.field(default_factory=asyncio.Lock)

    @property
    def key(self) -> str:
        """The key of its sum."""
        return f"{self.name}.{self.period.name}"


class BudgetLeases:
    """Leases, so many in all and of one organization. The least recently used that nobody holds goes first: callers choose the names of
    users and tags.
    """

    def __init__(self, most: int = MOST, most_of_org: int = MOST_OF_ORG) -> None:
        self._most = most
        self._most_of_org = most_of_org
        self._leases: OrderedDict[tuple[str, str], Lease] = OrderedDict()
        self._by_org: dict[str, OrderedDict[str, Lease]] = {}

    def __len__(self) -> int:
        return len(self._leases)

    def get(self, org_id: str, name: str, period: Period) -> Lease | None:
        """The lease from a sum in this period."""
        found = self._leases.get((org_id, name))
        if found is None or found.period != period:
            return None
        self._leases.move_to_end((org_id, name))
        self._by_org[org_id].move_to_end(name)
        return found

    def add(self, org_id: str, lease: Lease) -> list[Lease]:
        """Keep a new one, in the place of that of another period. Returns those that had to go."""
        self._leases[org_id, lease.name] = self._by_org.setdefault(org_id, OrderedDict())[lease.name] = lease
        gone: list[Lease] = []
        if len(self._by_org[org_id]) > self._most_of_org:
            gone += self._drop([(org_id, name) for name in _oldest(self._by_org[org_id])])
        if len(self._leases) > self._most:
            gone += self._drop(_oldest(self._leases))
        return gone

    def clear(self) -> list[Lease]:
        """Forget all, and return them."""
        found = list(self._leases.values())
        self._leases.clear()
        self._by_org.clear()
        return found

    def _drop(self, oldest: list[tuple[str, str]]) -> list[Lease]:
        """The first of these that nobody holds. Requests hold no more of them than may be under way at once."""
        for key in oldest:
            lease = self._leases[key]
            if lease.users == 0:
                owner, name = key
                del self._leases[key], self._by_org[owner][name]
                if not self._by_org[owner]:
                    del self._by_org[owner]
                return [lease]
            self._leases.move_to_end(key)
            self._by_org[key[0]].move_to_end(key[1])
        return []


def _oldest(found: "OrderedDict[_K, Lease]") -> "list[_K]":
    return list(islice(found, _TRIES))
