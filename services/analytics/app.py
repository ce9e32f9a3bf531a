"""Puts analytics together."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path

from libs.common.bus.ports import Bus
from libs.common.catalog import load
from libs.common.clock import Clock, SystemClock
from libs.common.db import Database, connect, migrate
from libs.common.jobs import background, every
from libs.common.runner import App
from libs.common.settings import SettingsError
from services.analytics.batches import Batches
from services.analytics.clients.batches import BusBatchChecker
from services.analytics.clients.bucket import S3Bucket
from services.analytics.clients.export_webhook import ExportWebhook
from services.analytics.clients.publisher import BusEventPublisher
from services.analytics.clients.training_signals import BusTrainingSignals
from services.analytics.experiments import Experiments
from services.analytics.exports import Exports
from services.analytics.figures import Figures
from services.analytics.handlers import experiments as experiment_handlers
from services.analytics.handlers import figures as figure_handlers
from services.analytics.handlers import requests as request_handlers
from services.analytics.jobs.health import HealthCheck
from services.analytics.learning import Learning
from services.analytics.ports import ObjectStore
from services.analytics.price_watch import PriceWatch
from services.analytics.requests import Requests
from services.analytics.settings import AnalyticsSettings
from services.analytics.store.unit_of_work import unit_of_work

_SHORTEST_SECRET = 16
_MIGRATIONS = Path(__file__).parent / "store" / "migrations"


@asynccontextmanager
async def create_app(settings: AnalyticsSettings, bus: Bus, clock: Clock | None = None) -> AsyncIterator[App]:
    """Writes down every finished request, and answers about them, for as long as the block runs. `SettingsError` for a place to export to
    that cannot be used.
    """
    clock = clock or SystemClock()
    exported_to = _exported_to(settings, clock)
    await migrate(settings.database_url, "analytics", _MIGRATIONS)
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(connect(settings.database_url))
        uow = reading = unit_of_work(database)
        if settings.analytics_read_url:
            reading = unit_of_work(await stack.enter_async_context(connect(settings.analytics_read_url)))
        retention = timedelta(days=settings.log_retention_days)
        training_signals = BusTrainingSignals(bus)
        requests = Requests(uow, clock, retention, BusEventPublisher(bus), training_signals)
        learning = Learning(uow, clock, training_signals, timedelta(seconds=settings.analytics_learn_after_seconds))
        prices = PriceWatch(uow, clock, load(), BusEventPublisher(bus))
        await figure_handlers.serve(bus, Figures(reading))
        await experiment_handlers.serve(bus, Experiments(reading, load()))
        await request_handlers.serve(bus, requests)
        jobs = [
            every("upkeep", requests.maintain_partitions, settings.analytics_upkeep_seconds),
            every("watch", HealthCheck(uow, bus).probe, settings.analytics_watch_seconds),
            every("batches", Batches(uow, clock, BusBatchChecker(bus)).sweep, settings.analytics_batch_seconds),
            every("prices", prices.look, settings.analytics_price_seconds),
            every("learning", learning.learn, settings.analytics_learn_seconds),
        ]
        if exported_to is not None:
            jobs.append(every("export", Exports(uow, clock, *exported_to).run, settings.export_seconds))
        async with background(*jobs):
            yield App(missing=lambda: _missing(database, bus))


def _exported_to(settings: AnalyticsSettings, clock: Clock) -> tuple[ObjectStore, str] | None:
    """Where the log is exported to, if anywhere, and what the names of its objects begin with."""
    access_key, secret_key = settings.export_s3_access_key, settings.export_s3_secret_key
    if (access_key is None) != (secret_key is None):
        raise SettingsError(
            "PROMPTLY_EXPORT_S3_ACCESS_KEY and PROMPTLY_EXPORT_S3_SECRET_KEY belong together: set both, or neither."
        )
    url, secret = settings.export_webhook_url, settings.export_webhook_secret
    if url is not None:
        if settings.export_s3_bucket is not None:
            raise SettingsError(
                "Set PROMPTLY_EXPORT_S3_BUCKET or PROMPTLY_EXPORT_WEBHOOK_URL: the log goes to one place."
            )
        if secret is None or len(secret) < _SHORTEST_SECRET:
            raise SettingsError(
                f"PROMPTLY_EXPORT_WEBHOOK_SECRET, which PROMPTLY_EXPORT_WEBHOOK_URL needs, has at least {_SHORTEST_SECRET} characters."
            )
        try:
            return ExportWebhook(url, secret, clock), ""
        except ValueError as error:
            raise SettingsError(f"PROMPTLY_EXPORT_WEBHOOK_URL cannot be used: {error}") from None
    if settings.export_s3_bucket is None:
        return None
    region, endpoint = settings.export_s3_region, settings.export_s3_endpoint
    bucket = S3Bucket(settings.export_s3_bucket, region, endpoint, access_key, secret_key)
    return bucket, settings.export_s3_prefix


def _missing(database: Database, bus: Bus) -> list[str]:
    return [name for name, there in (("postgres", database.reachable), ("nats", bus.connected)) if not there]
