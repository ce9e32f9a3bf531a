"""Starts a service's process and stops it gracefully: settings, telemetry, bus, the ops port, signals."""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TypeVar

import structlog
import uvloop

from libs.common import telemetry
from libs.common.bus.nats import NatsBus
from libs.common.bus.ports import Bus
from libs.common.ops import OpsServer
from libs.common.settings import CommonSettings, SettingsError, load

log = structlog.get_logger()
S = TypeVar("S", bound=CommonSettings)


def _nothing() -> Sequence[str]:
    return ()


async def _done() -> None:
    return None


@dataclass
class App:
    """A service that is up.

    `missing` names the parts it cannot work without and does not have now (none: ready), `degraded` those it can work
    without; both are asked from another thread, so they only look at state. `quiesce` closes web doors and finishes the
    requests behind them; it is awaited before the bus is drained, because those requests still need the bus.
    """

    missing: Callable[[], Sequence[str]] = _nothing
    degraded: Callable[[], Sequence[str]] = _nothing
    quiesce: Callable[[], Awaitable[None]] = _done


AppFactory = Callable[[S, Bus], AbstractAsyncContextManager[App]]


def run(name: str, settings_type: type[S], create_app: AppFactory[S]) -> None:
    """The body of every `__main__.py`: run until SIGTERM or SIGINT, then drain."""
    try:
        settings = load(settings_type)
        uvloop.run(serve(name, settings, create_app))
    except SettingsError as error:
        sys.exit(f"{name}: {error}")


async def serve(name: str, settings: S, create_app: AppFactory[S]) -> None:
    """Run one service on this loop until a signal asks it to stop."""
    telemetry.start(name, settings)
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    app = App(missing=lambda: ("start",))
    # The lambdas read `app` when they are asked: it is replaced once the service is put together.
    missing, degraded = lambda: app.missing(), lambda: app.degraded()  # noqa: PLW0108
    ops = OpsServer(settings.ops_host, settings.ops_port, missing, degraded, stopping.is_set)
    bus = NatsBus(settings.nats_url, name)
    try:
        with ops:
            await bus.start()
            async with create_app(settings, bus) as app:
                log.info("started", port=ops.port)
                await stopping.wait()
                log.info("draining")
                await app.quiesce()
                await bus.drain(settings.drain_seconds)
    finally:
        await bus.drain(0)
        telemetry.stop()
        log.info("stopped")
