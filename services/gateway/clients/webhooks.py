"""The webhooks of an organization, asked of alerts."""

from libs.common.bus.ports import Bus
from libs.common.contracts.alerts import FIND_WEBHOOK, WebhookName


class BusWebhooks:
    """Implements `ports.Webhooks`."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def find(self, org_id: str, name: str) -> str:
        return (await self._bus.call(FIND_WEBHOOK, WebhookName(org_id=org_id, name=name))).id
