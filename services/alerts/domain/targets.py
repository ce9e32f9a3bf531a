"""Where channels lead: what an owner may set, how it is shown, and how a change is told from what was shown."""

from collections.abc import Collection
from typing import Final

import msgspec

from libs.common.contracts.alerts import AlertRule, ChannelConfig, SlackTarget, WebhookTarget, mask_secret, mask_url
from libs.common.errors import BadRequest
from libs.common.net_guard import forbidden_url

_SECRET: Final = (16, 200)


def merged(given: ChannelConfig, old: ChannelConfig, fresh_secret: str) -> ChannelConfig:
    """What is to be kept: whatever is given as it was shown stays as it is, and a webhook without a secret gets one."""
    webhook = slack = None
    if given.webhook is not None:
        known = old.webhook or WebhookTarget(url="")
        secret = given.webhook.secret
        if not secret or secret == mask_secret(known.secret):
            secret = known.secret or fresh_secret
        url = known.url if known.url and given.webhook.url == mask_url(known.url) else given.webhook.url
        webhook = WebhookTarget(url=url, secret=secret)
    if given.slack is not None:
        shown = old.slack is not None and given.slack.url == mask_url(old.slack.url)
        slack = old.slack if shown else given.slack
    return ChannelConfig(webhook=webhook, slack=slack)


def masked(config: ChannelConfig) -> ChannelConfig:
    """The same as it is shown: whose it is and how it ends, not more."""
    webhook, slack = config.webhook, config.slack
    return ChannelConfig(
        webhook=webhook and WebhookTarget(url=mask_url(webhook.url), secret=mask_secret(webhook.secret)),
        slack=slack and SlackTarget(url=mask_url(slack.url)),
    )


def shown_once(config: ChannelConfig, old: ChannelConfig) -> ChannelConfig:
    """Masked, but for a secret that is new."""
    shown = masked(config)
    if shown.webhook is None or config.webhook is None or (old.webhook and old.webhook.secret == config.webhook.secret):
        return shown
    webhook = msgspec.structs.replace(shown.webhook, secret=config.webhook.secret)
    return msgspec.structs.replace(shown, webhook=webhook)


def check_targets(rule: AlertRule, config: ChannelConfig, allowed_hosts: Collection[str]) -> None:
    """`BadRequest` for a channel that leads nowhere, or where it must not."""
    for channel in ("webhook", "slack"):
        target = getattr(config, channel)
        field = f"channel_config.{channel}"
        if target is None:
            if channel in rule.channels:
                raise _refusal(field, f"The channel {channel} needs its URL in {field}.url.")
        elif (reason := forbidden_url(target.url, allowed_hosts)) is not None:
            raise _refusal(f"{field}.url", reason)
    if config.webhook is not None:
        low, high = _SECRET
        secret = config.webhook.secret
        if not (low <= len(secret) <= high and secret.isascii() and secret.isprintable()):
            raise _refusal("channel_config.webhook.secret", f"secret has {low} to {high} printable ASCII characters.")


def _refusal(field: str, sentence: str) -> BadRequest:
    return BadRequest(sentence, param=field)
