"""Brings notices to their channels: each at least once, and each only so often."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

import structlog

from libs.common.clock import Clock
from libs.common.contracts.alerts import AlertRuleId, Channel, ChannelConfig, Notification, RuleTested
from libs.common.errors import NotFound
from libs.common.ids import new_id
from services.alerts.domain.notification import AnyNotification, DeferredNotification, retry_after, test_notification
from services.alerts.ports import DueNotification, Notifier, Undeliverable, UnitOfWork, Vault, WebhookReceiver

log = structlog.get_logger()
_AT_ONCE: Final = 5  # of one organization
_ORGANIZATIONS: Final = 20
_ROUND_SECONDS: Final = 10.0  # then organizations that came meanwhile have their turn
_KEPT: Final = timedelta(days=30)


class NotificationDelivery:
    """A notice is taken in one transaction and settled in another: between them it is sent, and nothing is locked.

    `lease` is longer than any channel takes: whoever dies with a notice in hand loses it then.
    """

    def __init__(
        self,
        uow: UnitOfWork,
        notifiers: Mapping[Channel, Notifier],
        receiver: WebhookReceiver,
        vault: Vault | None,
        clock: Clock,
        lease: timedelta = timedelta(seconds=60),
    ) -> None:
        self._uow = uow
        self._notifiers = notifiers
        self._receiver = receiver
        self._vault = vault
        self._clock = clock
        self._lease = lease

    async def deliver(self) -> None:
        """Send what is due, each organization's beside the others': a receiver that is slow keeps nobody else's waiting."""
        async with self._uow() as tx:
            organizations = await tx.outbox.organizations(self._clock.now(), _ORGANIZATIONS)
        await asyncio.gather(*map(self._deliver_of, organizations))

    async def test(self, wanted: AlertRuleId) -> RuleTested:
        """Send one notice, marked as a test, to each of a rule's channels, once."""
        async with self._uow() as tx:
            rule = await tx.rules.one(wanted.org_id, wanted.id)
        if rule is None:
            raise NotFound("There is no such alert rule in your organization.")
        now_ms = round(self._clock.now().timestamp() * 1000)
        tries = [
            self._try(test_notification(rule, new_id("ntf", now_ms), now_ms), channel) for channel in rule.channels
        ]
        failures = await asyncio.gather(*tries)
        return RuleTested(
            notifications=tuple(
                Notification(
                    channel=channel,
                    state="failed" if failure else "sent",
                    attempts=1,
                    error=str(failure) if failure else None,
                )
                for channel, failure in zip(rule.channels, failures, strict=True)
            )
        )

    async def sweep(self) -> None:
        """Forget what was delivered, or given up, long ago."""
        async with self._uow() as tx:
            await tx.outbox.sweep(self._clock.now() - _KEPT)

    async def _deliver_of(self, org_id: str) -> None:
        began = self._clock.monotonic()
        while self._clock.monotonic() - began < _ROUND_SECONDS:
            now = self._clock.now()
            async with self._uow() as tx:
                waiting = await tx.outbox.take(org_id, now, now + self._lease, _AT_ONCE)
            await asyncio.gather(*map(self._deliver, waiting))
            if len(waiting) < _AT_ONCE:
                return

    async def _deliver(self, waiting: DueNotification) -> None:
        failure = await self._try(waiting.notice, waiting.channel)
        pause = None
        if failure is None:
            state = "sent"
        else:
            pause = None if failure.for_good else retry_after(waiting.attempts)
            state = "waiting" if pause else "failed"
            log.warning("notice_not_delivered", kind=waiting.channel, attempt=waiting.attempts, reason=state)
        outcome = Notification(
            channel=waiting.channel,
            state=state,  # type: ignore[arg-type]  # one of the three
            attempts=waiting.attempts,
            error=str(failure) if failure else None,
        )
        async with self._uow() as tx:
            await tx.outbox.record_result(waiting.notice, outcome, self._clock.now() + (pause or timedelta(0)))

    async def _try(self, notice: AnyNotification, channel: Channel) -> Undeliverable | None:
        try:
            if isinstance(notice, DeferredNotification):
                await self._receiver.send(notice, await self._config(notice.org_id, notice.webhook_id))
            else:
                await self._notifiers[channel].send(notice, await self._config(notice.org_id, notice.rule_id))
        except Undeliverable as failure:
            return failure
        return None

    async def _config(self, org_id: str, owner_id: str) -> ChannelConfig:
        """Where the channels of a rule, or a webhook, lead."""
        async with self._uow() as tx:
            kept = tx.webhooks if owner_id.startswith("whk_") else tx.rules
            sealed = await kept.sealed(org_id, owner_id)
        if sealed is None or self._vault is None:
            return ChannelConfig()
        return self._vault.open(org_id, owner_id, sealed)
