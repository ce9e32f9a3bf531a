"""The handlers for webhooks about requests that waited."""

from libs.common.bus.ports import Bus
from libs.common.contracts.alerts import ADD_WEBHOOK, DELETE_WEBHOOK, FIND_WEBHOOK, LIST_WEBHOOKS, VERIFY_WEBHOOK
from services.alerts.webhooks import OrganizationWebhooks


async def serve(bus: Bus, webhooks: OrganizationWebhooks) -> None:
    """Let organizations keep webhooks, and gateways find the one that a request names."""
    await bus.serve(LIST_WEBHOOKS, webhooks.all)
    await bus.serve(ADD_WEBHOOK, webhooks.add)
    await bus.serve(VERIFY_WEBHOOK, webhooks.verify)
    await bus.serve(DELETE_WEBHOOK, webhooks.delete)
    await bus.serve(FIND_WEBHOOK, webhooks.find)
