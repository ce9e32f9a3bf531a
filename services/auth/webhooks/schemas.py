"""Bodies and answers about webhooks that tell of requests which waited."""

from typing import Annotated, Self

import msgspec
from msgspec import Meta

from libs.common.contracts import alerts
from services.auth.schemas import Answer, Time, iso_ms, optional_iso_ms

Name = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
Url = Annotated[str, Meta(min_length=1, max_length=2000, pattern=r"^[^\x00]*$")]


class NewWebhookBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new webhook; requests name it in the header `x-promptly-webhook`."""

    name: Name
    url: Url


class Webhook(Answer, frozen=True, kw_only=True):
    """A webhook; its URL is masked, its secret is shown once, when it is added. `verified_at` is null while no request may name it;
    `waiting` and `failed` count what has not arrived, and `last_error` says why; `delivered_at` is when something last did.
    """

    id: str
    name: str
    url: str
    secret: str | None
    created_at: Time
    verified_at: Time | None
    waiting: int
    failed: int
    last_error: str | None
    delivered_at: Time | None

    @classmethod
    def of(cls, webhook: alerts.Webhook) -> Self:
        """From the webhook as the alerts service keeps it."""
        return cls(
            id=webhook.id,
            name=webhook.name,
            url=webhook.url,
            secret=webhook.secret or None,
            created_at=iso_ms(webhook.created_at_ms),
            verified_at=optional_iso_ms(webhook.verified_at_ms),
            waiting=webhook.waiting,
            failed=webhook.failed,
            last_error=webhook.last_error,
            delivered_at=optional_iso_ms(webhook.delivered_at_ms),
        )


class Webhooks(Answer, frozen=True, kw_only=True):
    """Webhooks, oldest first."""

    webhooks: tuple[Webhook, ...]
