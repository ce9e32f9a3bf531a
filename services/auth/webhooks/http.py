"""Webhooks that tell of requests which waited for a batch; the alerts service keeps and calls them."""

from litestar import Controller, delete, get, post
from litestar.params import FromPath

from libs.common.bus import Bus
from libs.common.contracts import alerts
from libs.common.errors import NotFound
from libs.common.ids import new_id
from services.auth.domain.permissions import Action
from services.auth.http.dependencies import Injected, Payload
from services.auth.http.guard import ApiRequest
from services.auth.http.request import an_id
from services.auth.routing.service import Configuration
from services.auth.webhooks import schemas


class WebhookController(Controller):
    """/api/webhooks"""

    path = "/webhooks"

    @get(needs=Action.READ)
    async def all(self, request: ApiRequest, bus: Injected[Bus]) -> schemas.Webhooks:
        """The webhooks that requests may name, oldest first."""
        found = await bus.call(alerts.LIST_WEBHOOKS, alerts.WebhooksOf(org_id=request.user.org_id))
        return schemas.Webhooks(webhooks=tuple(map(schemas.Webhook.of, found.webhooks)))

    @post(needs=Action.MANAGE_SETTINGS, fails=(409,))
    async def add(
        self,
        request: ApiRequest,
        payload: Payload[schemas.NewWebhookBody],
        configuration: Injected[Configuration],
        bus: Injected[Bus],
    ) -> schemas.Webhook:
        """Add a webhook; its secret is shown this once. It has to be verified before a request may name it."""
        new = alerts.NewWebhook(id=new_id("whk"), org_id=request.user.org_id, name=payload.name, url=payload.url)
        added = await bus.call(alerts.ADD_WEBHOOK, new)
        try:
            await configuration.note(request.user, "webhook_added", _shown(added))
        except Exception:  # what is in no log is not there
            await bus.call(alerts.DELETE_WEBHOOK, alerts.WebhookId(org_id=new.org_id, id=new.id))
            raise
        return schemas.Webhook.of(added)

    @post("/{webhook_id:str}/verify", needs=Action.MANAGE_SETTINGS, status_code=200)
    async def verify(self, request: ApiRequest, bus: Injected[Bus], webhook_id: FromPath[str]) -> schemas.Webhook:
        """Send a challenge to a webhook, whose receiver answers it with the secret."""
        return schemas.Webhook.of(await bus.call(alerts.VERIFY_WEBHOOK, _named(request, webhook_id)))

    @delete("/{webhook_id:str}", needs=Action.MANAGE_SETTINGS)
    async def remove(
        self,
        request: ApiRequest,
        bus: Injected[Bus],
        configuration: Injected[Configuration],
        webhook_id: FromPath[str],
    ) -> None:
        """Delete a webhook; it is not called any more."""
        wanted = _named(request, webhook_id)
        found = await bus.call(alerts.LIST_WEBHOOKS, alerts.WebhooksOf(org_id=wanted.org_id))
        removed = next((one for one in found.webhooks if one.id == wanted.id), None)
        if removed is None:
            raise NotFound("There is no such webhook in your organization.")
        await configuration.note(request.user, "webhook_removed", _shown(removed))
        await bus.call(alerts.DELETE_WEBHOOK, wanted)


def _shown(webhook: alerts.Webhook) -> dict[str, str]:
    """What the audit log says of a webhook: its URL as it is shown, for it may hold a secret."""
    return {"id": webhook.id, "name": webhook.name, "url": webhook.url}


def _named(request: ApiRequest, webhook_id: str) -> alerts.WebhookId:
    return alerts.WebhookId(org_id=request.user.org_id, id=an_id(webhook_id, "whk"))
