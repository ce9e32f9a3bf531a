"""Puts alerts together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from libs.common.bus.ports import Bus
from libs.common.clock import Clock, SystemClock
from libs.common.contracts.alerts import Channel
from libs.common.db import Database, connect, migrate
from libs.common.jobs import background, every
from libs.common.runner import App
from libs.common.sealing import Sealer, parse_keks
from libs.common.settings import SettingsError
from libs.common.smtp import Smtp
from services.alerts.budget_steps import BudgetSteps
from services.alerts.clients.admins import BusAdmins
from services.alerts.clients.backlog import BusBacklog
from services.alerts.clients.vault import SealedVault
from services.alerts.deferred_steps import DeferredSteps
from services.alerts.delivery import NotificationDelivery
from services.alerts.evaluation import Evaluation
from services.alerts.guard_steps import GuardSteps
from services.alerts.handlers import finished, rules, webhooks
from services.alerts.notify.deferred import DeferredNotifier
from services.alerts.notify.mail import MailNotifier
from services.alerts.notify.safe_http import SafeHttpClient
from services.alerts.notify.webhook import SlackNotifier, WebhookNotifier
from services.alerts.ports import Notifier
from services.alerts.price_steps import PriceSteps
from services.alerts.rules import Rules
from services.alerts.settings import AlertsSettings
from services.alerts.store.unit_of_work import unit_of_work
from services.alerts.usage_counters import UsageCounting
from services.alerts.webhooks import OrganizationWebhooks

_MIGRATIONS = Path(__file__).parent / "store" / "migrations"


@asynccontextmanager
async def create_app(settings: AlertsSettings, bus: Bus, clock: Clock | None = None) -> AsyncIterator[App]:
    """Counts every finished request and looks at the rules, for as long as the block runs. `SettingsError` for a mail
    server or a key that cannot be used.
    """
    clock = clock or SystemClock()
    smtp, vault = _smtp(settings), _vault(settings)
    allowed_hosts = [host.strip() for host in settings.allowed_hosts.split(",") if host.strip()]
    await migrate(settings.database_url, "alerts", _MIGRATIONS)
    async with connect(settings.database_url) as database:
        uow = unit_of_work(database)
        counting = UsageCounting(uow, clock)
        evaluation = Evaluation(
            uow, BusBacklog(bus, settings.alerts_backlog), clock, timedelta(seconds=settings.alerts_interval)
        )
        post = SafeHttpClient(allowed_hosts)
        notifiers: dict[Channel, Notifier] = {
            "email": MailNotifier(smtp, BusAdmins(bus)),
            "webhook": WebhookNotifier(post, clock),
            "slack": SlackNotifier(post),
        }
        receiver = DeferredNotifier(post, clock)
        lease = timedelta(seconds=settings.alerts_lease_seconds)
        delivery = NotificationDelivery(uow, notifiers, receiver, vault, clock, lease)
        await rules.serve(bus, Rules(uow, clock, vault, allowed_hosts), delivery)
        await webhooks.serve(bus, OrganizationWebhooks(uow, clock, receiver, vault, allowed_hosts))
        await finished.consume(
            bus,
            counting,
            GuardSteps(uow, clock),
            BudgetSteps(uow, clock),
            DeferredSteps(uow, clock),
            PriceSteps(uow, clock),
        )
        async with background(
            every("evaluation", evaluation.evaluate, settings.alerts_interval),
            every("delivery", delivery.deliver, settings.alerts_delivery_seconds),
            every("sweep", counting.sweep, settings.alerts_sweep_seconds),
            every("sweep_notices", delivery.sweep, settings.alerts_sweep_seconds),
        ):
            yield App(missing=lambda: _missing(database, bus))


def _smtp(settings: AlertsSettings) -> Smtp | None:
    try:
        return Smtp(settings.smtp_url, settings.mail_from) if settings.smtp_url else None
    except ValueError as error:
        raise SettingsError(f"PROMPTLY_SMTP_URL cannot be used: {error}") from None


def _vault(settings: AlertsSettings) -> SealedVault | None:
    return SealedVault(Sealer(parse_keks(settings.alerts_kek))) if settings.alerts_kek else None


def _missing(database: Database, bus: Bus) -> list[str]:
    return [name for name, there in (("postgres", database.reachable), ("nats", bus.connected)) if not there]
