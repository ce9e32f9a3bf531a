"""Starts a service's process and stops it gracefully: settings, telemetry, bus, the ops port, signals."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass
from typing import TypeVar

import structlog
import uvloop

from libs.common import telemetry
from libs.common.bus import Bus
from libs.common.bus.nats import NatsBus
from libs.common.ops import OpsServer
from libs.common.settings import CommonSettings, SettingsError, load

log = structlog.get_logger()
S = TypeVar("S", bound=CommonSettings)


def _nothing_missing() -> Sequence[str]:
    return ()


@dataclass
class App:
    """A service that is up. `missing` names the parts it cannot work without and does not have now; none: ready.

    It is asked from another thread, so it only looks at state. `degraded` names what it can work without.
    """

    missing: Callable[[], Sequence[str]] = _nothing_missing
    degraded: Callable[[], Sequence[str]] = _nothing_missing


AppFactory = Callable[[S, Bus], AbstractAsyncContextManager[App]]


def run(name: str, settings_type: type[S], create_app: AppFactory[S]) -> None:
    """The body of every `__main__.py`: run until SIGTERM or SIGINT, then drain."""
    try:
        settings = load(settings_type)
    except SettingsError as error:
        sys.exit(f"{name}: {error}")
    with suppress(KeyboardInterrupt):
        uvloop.run(_serve(name, settings, create_app))


async def _serve(name: str, settings: S, create_app: AppFactory[S]) -> None:
    telemetry.start(name, settings)
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    bus = NatsBus(settings.nats_url, name)
    await bus.connect()
    try:
        async with create_app(settings, bus) as app:
            ops = OpsServer(settings.ops_host, settings.ops_port, app.missing, app.degraded, stopping.is_set)
            with ops:
                log.info("ready" if not app.missing() else "started", service=name, ops_port=ops.port)
                await stopping.wait()
                log.info("draining", service=name)
                async with asyncio.timeout(settings.drain_seconds):
                    await bus.drain()
    except TimeoutError:
        log.warning("drain_timed_out", service=name, seconds=settings.drain_seconds)
    finally:
        telemetry.stop()
        log.info("stopped", service=name)


__all__ = ["App", "AppFactory", "AsyncIterator", "run"]
