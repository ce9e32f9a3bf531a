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
from services.analytics.batches import Batches
from services.analytics.clients.batches import BusBatchChecker
from services.analytics.clients.publisher import BusEventPublisher
from services.analytics.clients.training_signals import BusTrainingSignals
from services.analytics.experiments import Experiments
from services.analytics.figures import Figures
from services.analytics.handlers import experiments as experiment_handlers
from services.analytics.handlers import figures as figure_handlers
from services.analytics.handlers import requests as request_handlers
from services.analytics.jobs.health import HealthCheck
from services.analytics.learning import Learning
from services.analytics.requests import Requests
from services.analytics.settings import AnalyticsSettings
from services.analytics.store.unit_of_work import unit_of_work

_MIGRATIONS = Path(__file__).parent / "store" / "migrations"


@asynccontextmanager
async def create_app(settings: AnalyticsSettings, bus: Bus, clock: Clock | None = None) -> AsyncIterator[App]:
    """Writes down every finished request, and answers about them, for as long as the block runs."""
    await migrate(settings.database_url, "analytics", _MIGRATIONS)
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(connect(settings.database_url))
        uow = reading = unit_of_work(database)
        if settings.analytics_read_url:
            reading = unit_of_work(await stack.enter_async_context(connect(settings.analytics_read_url)))
        retention = timedelta(days=settings.log_retention_days)
        clock, training_signals = clock or SystemClock(), BusTrainingSignals(bus)
        requests = Requests(uow, clock, retention, BusEventPublisher(bus), training_signals)
        learning = Learning(uow, clock, training_signals, timedelta(seconds=settings.analytics_learn_after_seconds))
        await figure_handlers.serve(bus, Figures(reading))
        await experiment_handlers.serve(bus, Experiments(reading, load()))
        await request_handlers.serve(bus, requests)
        async with background(
            every("upkeep", requests.maintain_partitions, settings.analytics_upkeep_seconds),
            every("watch", HealthCheck(uow, bus).probe, settings.analytics_watch_seconds),
            every("batches", Batches(uow, clock, BusBatchChecker(bus)).sweep, settings.analytics_batch_seconds),
            every("learning", learning.learn, settings.analytics_learn_seconds),
        ):
            yield App(missing=lambda: _missing(database, bus))


def _missing(database: Database, bus: Bus) -> list[str]:
    return [name for name, there in (("postgres", database.reachable), ("nats", bus.connected)) if not there]
