"""Looks at the prices of what organizations use, and reports what they have not been told, at most once a week."""

from datetime import UTC, datetime, time, timedelta
from typing import Final

import structlog

from libs.common.catalog import Catalog
from libs.common.clock import Clock
from libs.common.contracts.events import PricesNoticed
from libs.common.errors import PromptlyError
from services.analytics.domain.price_watch import PERIOD, findings
from services.analytics.ports import PricePublisher, UnitOfWork

log = structlog.get_logger()
_BETWEEN_LOOKS: Final = timedelta(days=1)
_BETWEEN_REPORTS: Final = timedelta(days=7)


class PriceWatch:
    """One organization is one transaction: what is reported and that it was are kept together."""

    def __init__(self, uow: UnitOfWork, clock: Clock, catalog: Catalog, publisher: PricePublisher) -> None:
        self._uow = uow
        self._clock = clock
        self._catalog = catalog
        self._publisher = publisher

    async def look(self) -> None:
        """Look at every organization whose turn it is. One that cannot be reported to now is looked at the next time."""
        now = self._clock.now()
        async with self._uow() as tx:
            due = await tx.prices.due(now - PERIOD, now - _BETWEEN_LOOKS, now - _BETWEEN_REPORTS)
        for org_id in due:
            try:
                await self._look(org_id, now)
            except PromptlyError as error:
                log.warning("price_watch_failed", code=error.code)

    async def _look(self, org_id: str, now: datetime) -> None:
        today = now.astimezone(UTC).date()
        async with self._uow() as tx:
            reported = await tx.prices.take(org_id, now, now - _BETWEEN_LOOKS)
            if reported is None:
                return
            uses = await tx.prices.uses(org_id, now - PERIOD, now, self._catalog.long_inputs)
            new = [one for one in findings(uses, self._catalog, today) if one.key not in reported]
            if not new:
                return
            await tx.prices.keep(org_id, [one.key for one in new], now)
            midnight = datetime.combine(today, time(), UTC)  # the same where it is published twice
            event = PricesNoticed(
                org_id=org_id,
                time_ms=round(midnight.timestamp() * 1000),
                notices=tuple(one.notice for one in new),
            )
            # Within the transaction: what nobody is told of is not kept as told.
            await self._publisher.prices_noticed(event)
