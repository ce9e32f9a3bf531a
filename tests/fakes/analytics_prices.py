"""What organizations were told of prices: only the store in Postgres keeps it."""

from collections.abc import Sequence
from datetime import datetime

from services.analytics.domain.price_watch import ModelUse


class MemoryPrices:
    """Implements `ports.Prices` for an organization that nobody looks at."""

    async def due(self, since: datetime, looked_before: datetime, reported_before: datetime) -> Sequence[str]:
        return ()

    async def take(self, org_id: str, now: datetime, looked_before: datetime) -> frozenset[str] | None:
        return None

    async def uses(
        self, org_id: str, since: datetime, until: datetime, long_inputs: Sequence[int]
    ) -> Sequence[ModelUse]:
        return ()

    async def keep(self, org_id: str, keys: Sequence[str], now: datetime) -> None:
        raise AssertionError
