"""Webhooks that tell of requests which waited for a batch; the alerts service keeps and calls them."""

from litestar import Controller, delete, get, post
from litestar.params import FromPath

from libs.common.bus import Bus
from libs.common.contracts import alerts
from libs.common.ids import new_id
from services.auth.audited import Audited
from services.auth.domain.attempts import CALLS_OUT
from services.auth.domain.permissions import Action
from services.auth.http.dependencies import Injected, Payload
from services.auth.http.guard import ApiRequest
from services.auth.http.request import an_id
from services.auth.ports import Limits
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
        bus: Injected[Bus],
        audited: Injected[Audited],
    ) -> schemas.Webhook:
        """Add a webhook; its secret is shown this once. It has to be verified before a request may name it."""
        new = alerts.NewWebhook(id=new_id("whk"), org_id=request.user.org_id, name=payload.name, url=payload.url)
        shown = {"id": new.id, "name": new.name, "url": alerts.mask_url(new.url)}
        async with audited.change(request.user, "webhook_added", after=shown):
            return schemas.Webhook.of(await bus.call(alerts.ADD_WEBHOOK, new))

    @post("/{webhook_id:str}/verify", needs=Action.MANAGE_SETTINGS, status_code=200, fails=(429,))
    async def verify(
        self,
        request: ApiRequest,
        bus: Injected[Bus],
        audited: Injected[Audited],
        limits: Injected[Limits],
        webhook_id: FromPath[str],
    ) -> schemas.Webhook:
        """Send a challenge to a webhook, whose receiver answers it with the secret."""
        wanted = _named(request, webhook_id)
        await limits.take(CALLS_OUT, request.user.org_id)
        async with audited.change(request.user, "webhook_verified", after={"id": wanted.id}):
            return schemas.Webhook.of(await bus.call(alerts.VERIFY_WEBHOOK, wanted))

    @delete("/{webhook_id:str}", needs=Action.MANAGE_SETTINGS)
    async def remove(
        self, request: ApiRequest, bus: Injected[Bus], audited: Injected[Audited], webhook_id: FromPath[str]
    ) -> None:
        """Delete a webhook; it is not called any more."""
        wanted = _named(request, webhook_id)
        async with audited.change(request.user, "webhook_removed", before={"id": wanted.id}):
            await bus.call(alerts.DELETE_WEBHOOK, wanted)


def _named(request: ApiRequest, webhook_id: str) -> alerts.WebhookId:
    return alerts.WebhookId(org_id=request.user.org_id, id=an_id(webhook_id, "whk"))
