"""Puts alerts together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from libs.common.bus.ports import Bus
from libs.common.clock import Clock, SystemClock
from libs.common.db import Database, connect, migrate
from libs.common.jobs import regularly, running
from libs.common.runner import App
from services.alerts.clients.backlog import BusBacklog
from services.alerts.evaluation import Evaluation
from services.alerts.handlers import finished, rules
from services.alerts.metering import Metering
from services.alerts.rules import Rules
from services.alerts.settings import AlertsSettings
from services.alerts.store.unit_of_work import unit_of_work

_MIGRATIONS = Path(__file__).parent / "store" / "migrations"


@asynccontextmanager
async def create_app(settings: AlertsSettings, bus: Bus, clock: Clock | None = None) -> AsyncIterator[App]:
    """Counts every finished request and looks at the rules, for as long as the block runs."""
    clock = clock or SystemClock()
    await migrate(settings.database_url, "alerts", _MIGRATIONS)
    async with connect(settings.database_url) as database:
        uow = unit_of_work(database)
        metering = Metering(uow, clock)
        evaluation = Evaluation(uow, BusBacklog(bus, settings.alerts_backlog), clock)
        await rules.serve(bus, Rules(uow, clock))
        await finished.consume(bus, metering)
        async with running(
            regularly("evaluation", evaluation.look, settings.alerts_interval),
            regularly("sweep", metering.sweep, settings.alerts_sweep_seconds),
        ):
            yield App(missing=lambda: _missing(database, bus))


def _missing(database: Database, bus: Bus) -> list[str]:
    return [name for name, there in (("postgres", database.reachable), ("nats", bus.connected)) if not there]
