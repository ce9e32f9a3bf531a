"""Webhooks about requests that waited, as an organization's admins keep them."""

import re
from collections.abc import Collection
from secrets import token_urlsafe
from typing import Final

import msgspec

from libs.common.clock import Clock
from libs.common.contracts.alerts import (
    ChannelConfig,
    Deleted,
    NewWebhook,
    Webhook,
    WebhookId,
    WebhookName,
    Webhooks,
    WebhooksOf,
    WebhookTarget,
    mask_url,
)
from libs.common.errors import BadRequest, Conflict, NotFound
from libs.common.ids import is_id
from libs.common.net_guard import forbidden_url
from services.alerts.ports import Undeliverable, UnitOfWork, Vault, WebhookReceiver

MOST_WEBHOOKS: Final = 20
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


class OrganizationWebhooks:
    """Every call names an organization and reaches nothing but what is its own. Without a `vault` there are no webhooks."""

    def __init__(
        self,
        uow: UnitOfWork,
        clock: Clock,
        receiver: WebhookReceiver,
        vault: Vault | None = None,
        allowed_hosts: Collection[str] = (),
    ) -> None:
        self._uow = uow
        self._clock = clock
        self._receiver = receiver
        self._vault = vault
        self._allowed_hosts = allowed_hosts

    async def all(self, asked: WebhooksOf) -> Webhooks:
        """The webhooks, oldest first."""
        async with self._uow() as tx:
            return Webhooks(webhooks=tuple(await tx.webhooks.all(asked.org_id)))

    async def add(self, new: NewWebhook) -> Webhook:
        """Add a webhook; its secret comes back this once. Nothing is sent to it before it is verified, but for the challenge."""
        if self._vault is None:
            raise BadRequest("Webhooks are not set up here: their URLs cannot be sealed without PROMPTLY_ALERTS_KEK.")
        if not is_id(new.id, "whk"):
            raise BadRequest("id is not a webhook's id.", param="id")
        if _NAME.fullmatch(new.name) is None:
            raise BadRequest("name has 1 to 64 letters, digits or characters of _ -.", param="name")
        if (reason := forbidden_url(new.url, self._allowed_hosts)) is not None:
            raise BadRequest(reason, param="url")
        target = WebhookTarget(url=new.url, secret=f"whsec_{token_urlsafe(24)}")
        webhook = Webhook(
            id=new.id, org_id=new.org_id, name=new.name, url=mask_url(new.url), created_at_ms=self._now_ms()
        )
        async with self._uow() as tx:
            await tx.rules.lock(new.org_id)
            if len(await tx.webhooks.all(new.org_id)) >= MOST_WEBHOOKS:
                raise BadRequest(f"An organization may have {MOST_WEBHOOKS} webhooks; delete one first.")
            sealed = self._vault.seal(new.org_id, new.id, ChannelConfig(webhook=target))
            if not await tx.webhooks.add(webhook, sealed):
                raise Conflict("There is a webhook of this name already.")
        return msgspec.structs.replace(webhook, secret=target.secret)

    async def verify(self, wanted: WebhookId) -> Webhook:
        """Have the receiver show that it holds the secret; requests may name the webhook from then on."""
        async with self._uow() as tx:
            sealed = await tx.webhooks.sealed(wanted.org_id, wanted.id)
        if sealed is None:
            raise _unknown()
        try:
            await self._receiver.verify(self._target(wanted, sealed))
        except Undeliverable as failure:
            raise BadRequest(f"The webhook is not verified. {failure}", code="webhook_not_verified") from None
        async with self._uow() as tx:
            if not await tx.webhooks.set_verified(wanted.org_id, wanted.id, self._now_ms()):
                raise _unknown()
            [found] = [one for one in await tx.webhooks.all(wanted.org_id) if one.id == wanted.id]
        return found

    async def delete(self, wanted: WebhookId) -> Deleted:
        """Delete a webhook; nothing is sent to it any more."""
        async with self._uow() as tx:
            if not await tx.webhooks.delete(wanted.org_id, wanted.id):
                raise _unknown()
        return Deleted(id=wanted.id)

    async def find(self, named: WebhookName) -> WebhookId:
        """The webhook that a request names; `BadRequest` for one that is unknown or not verified."""
        async with self._uow() as tx:
            found = [one for one in await tx.webhooks.all(named.org_id) if one.name == named.name]
        if not found:
            raise BadRequest(
                "Your organization has no webhook of the name that the header x-promptly-webhook gives; an admin adds one at"
                " /api/webhooks.",
                code="webhook_not_found",
                param="x-promptly-webhook",
            )
        if found[0].verified_at_ms is None:
            raise BadRequest(
                "The webhook that the header x-promptly-webhook names is not verified yet; an admin does so at"
                f" /api/webhooks/{found[0].id}/verify.",
                code="webhook_not_verified",
                param="x-promptly-webhook",
            )
        return WebhookId(org_id=named.org_id, id=found[0].id)

    def _target(self, wanted: WebhookId, sealed: str) -> WebhookTarget:
        if self._vault is None:
            raise Undeliverable("Webhooks are not set up here (PROMPTLY_ALERTS_KEK).", for_good=True)
        target = self._vault.open(wanted.org_id, wanted.id, sealed).webhook
        assert target is not None, "a webhook is sealed with its target"
        return target

    def _now_ms(self) -> int:
        return round(self._clock.now().timestamp() * 1000)


def _unknown() -> NotFound:
    return NotFound("There is no such webhook in your organization.")
