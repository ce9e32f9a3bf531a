"""Alerts as webhooks: JSON, signed, with an id by which a repetition is told."""

from libs.common.clock import Clock
from libs.common.contracts.alerts import ChannelConfig
from services.alerts.domain.notification import OutgoingNotification
from services.alerts.notify.safe_http import SafeHttpClient
from services.alerts.ports import Undeliverable
from services.alerts.translate.notification_slack import slack_body
from services.alerts.translate.notification_webhook import signed_headers, webhook_body


class WebhookNotifier:
    """Implements `ports.Notifier`. Every try is signed anew, with its own time."""

    def __init__(self, post: SafeHttpClient, clock: Clock) -> None:
        self._post = post
        self._clock = clock

    async def send(self, notice: OutgoingNotification, config: ChannelConfig) -> None:
        if config.webhook is None:
            raise Undeliverable("The rule has no webhook any more.", for_good=True)
        body = webhook_body(notice)
        headers = signed_headers(config.webhook.secret, body, notice.id, self._clock.now())
        await self._post(config.webhook.url, body, headers)


class SlackNotifier:
    """Implements `ports.Notifier` for Slack's incoming webhooks."""

    def __init__(self, post: SafeHttpClient) -> None:
        self._post = post

    async def send(self, notice: OutgoingNotification, config: ChannelConfig) -> None:
        if config.slack is None:
            raise Undeliverable("The rule has no Slack webhook any more.", for_good=True)
        await self._post(config.slack.url, slack_body(notice), {})
