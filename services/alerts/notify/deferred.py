"""Webhooks about requests that waited, and the proof that their receivers hold the secret."""

from secrets import token_urlsafe
from typing import Final

from libs.common.clock import Clock
from libs.common.contracts.alerts import ChannelConfig, WebhookTarget
from libs.common.ids import new_id
from services.alerts.domain.notification import DeferredNotification
from services.alerts.notify.safe_http import SafeHttpClient
from services.alerts.ports import Undeliverable
from services.alerts.translate.notification_webhook import (
    answers_challenge,
    challenge_body,
    deferred_body,
    signed_headers,
)

_LARGEST_ANSWER: Final = 4096  # bytes, to a challenge


class DeferredNotifier:
    """Implements `ports.WebhookReceiver`. Every try is signed anew, with its own time."""

    def __init__(self, post: SafeHttpClient, clock: Clock) -> None:
        self._post = post
        self._clock = clock

    async def send(self, notice: DeferredNotification, config: ChannelConfig) -> None:
        if config.webhook is None:
            raise Undeliverable("There is no such webhook any more.", for_good=True)
        body = deferred_body(notice)
        headers = signed_headers(config.webhook.secret, body, notice.id, self._clock.now())
        await self._post(config.webhook.url, body, headers)

    async def verify(self, target: WebhookTarget) -> None:
        now = self._clock.now()
        challenge, challenge_id = token_urlsafe(32), new_id("ntf")
        body = challenge_body(challenge_id, round(now.timestamp() * 1000), challenge)
        headers = signed_headers(target.secret, body, challenge_id, now)
        answer = await self._post.ask(target.url, body, headers, largest=_LARGEST_ANSWER)
        if not answers_challenge(target.secret, challenge, answer):
            raise Undeliverable(
                "The receiver did not show that it holds the secret. It is to answer the challenge with"
                ' {"response": "<hex of HMAC-SHA256 over the challenge>"}.'
            )
