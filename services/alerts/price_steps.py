"""What there is to know of prices, as events that an organization's admins are told of."""

from collections.abc import Sequence
from datetime import UTC, datetime

from libs.common.clock import Clock
from libs.common.contracts.alerts import AlertEvent
from libs.common.contracts.events import PricesNoticed
from libs.common.ids import new_id
from services.alerts.domain.messages import price_sentence
from services.alerts.domain.notification import notification_without_rule
from services.alerts.domain.rule_evaluation import Window
from services.alerts.ports import UnitOfWork


class PriceSteps:
    """Records what is noticed on a day once, however often it is published, and writes to the admins."""

    def __init__(self, uow: UnitOfWork, clock: Clock) -> None:
        self._uow = uow
        self._clock = clock

    async def record(self, noticed: Sequence[PricesNoticed]) -> None:
        """Record these and their notifications, all of them or none."""
        now = self._clock.now()
        async with self._uow() as tx:
            for one in noticed:
                event, at = _event(one), datetime.fromtimestamp(one.time_ms / 1000, UTC)
                if await tx.events.add(event, Window(org_id=one.org_id, start=at, end=at)):
                    notice = notification_without_rule(event, new_id("ntf", round(now.timestamp() * 1000)))
                    await tx.outbox.add(event.id, "email", notice, now)


def _event(one: PricesNoticed) -> AlertEvent:
    return AlertEvent(
        id=new_id("ale", one.time_ms),
        org_id=one.org_id,
        rule_id="prices",
        rule_name="Prices of models in use",
        metric="prices",
        kind="fired",
        value=float(len(one.notices)),
        threshold=0.0,
        time_ms=one.time_ms,
        data_as_of_ms=one.time_ms,
        message=" ".join(map(price_sentence, one.notices)),
    )
