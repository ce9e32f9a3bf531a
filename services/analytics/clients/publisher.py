"""New rows of the log, published over the bus."""

from collections.abc import Mapping, Sequence

import structlog

from libs.common.bus.ports import Bus
from libs.common.contracts.analytics import REQUESTS_LOGGED, RequestsLogged
from libs.common.contracts.events import PRICES_NOTICED, PricesNoticed
from libs.common.errors import Unavailable

log = structlog.get_logger()


class BusEventPublisher:
    """Implements `ports.EventPublisher` and `ports.PricePublisher`. Without a bus nobody watches; the log itself lacks nothing."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def logged(self, ids: Mapping[str, Sequence[str]]) -> None:
        try:
            await self._bus.emit(REQUESTS_LOGGED, RequestsLogged(ids={org: tuple(each) for org, each in ids.items()}))
        except Unavailable:
            log.warning("new_requests_not_announced", count=sum(map(len, ids.values())))

    async def prices_noticed(self, event: PricesNoticed) -> None:
        await self._bus.emit(PRICES_NOTICED, event, event_id=f"prices-{event.org_id}-{event.time_ms}")
