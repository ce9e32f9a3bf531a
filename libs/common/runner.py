"""Starts a service's process and stops it gracefully: settings, telemetry, bus, the ops port, signals."""

import asyncio
import gc
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager, suppress
from dataclasses import dataclass
from typing import TypeVar

import structlog
import uvloop

from libs.common import supervisor, telemetry
from libs.common.bus.nats import BusRefused, NatsBus
from libs.common.bus.ports import Bus
from libs.common.contracts.status import AskStatus, Status, status_of
from libs.common.http_limits import raise_file_limit
from libs.common.ops import OpsServer
from libs.common.settings import CommonSettings, SettingsError, load
from libs.common.version import VERSION

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
    """The body of every `__main__.py`: run until SIGTERM or SIGINT, then drain. Where settings ask for several processes, this
    one starts and watches them, with the word `worker` behind the same command.
    """
    try:
        settings = load(settings_type)
        shared = settings.shared_port
        if shared is not None and sys.argv[1:] != [supervisor.WORKER]:
            sys.exit(uvloop.run(supervisor.supervise(name, settings, shared)))
        uvloop.run(serve(name, settings, create_app))
    except SettingsError as error:
        sys.exit(f"{name}: {error}")


async def serve(name: str, settings: S, create_app: AppFactory[S]) -> None:
    """Run one service on this loop until a signal asks it to stop."""
    telemetry.start(name, settings)
    raise_file_limit()
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    shown = AppStatus(App(missing=lambda: ("start",)))
    bus = NatsBus(settings.nats_url, name, replicas=settings.nats_replicas)
    try:
        with _seen_from_outside(settings, shown, stopping) as port:
            await bus.serve(status_of(name), shown.status)
            try:
                await bus.start()
            except BusRefused as refused:
                raise SettingsError(f"PROMPTLY_NATS_URL: {refused}") from None
            work = asyncio.create_task(_work(settings, create_app, bus, shown, stopping, port))
            stopped = asyncio.create_task(stopping.wait())
            await asyncio.wait((work, stopped), return_when=asyncio.FIRST_COMPLETED)
            stopped.cancel()
            if not shown.up:
                work.cancel()  # it still waits for something, such as its database
            with suppress(asyncio.CancelledError):
                await work
    finally:
        await bus.drain(0)
        telemetry.stop()
        log.info("stopped")


@contextmanager
def _seen_from_outside(settings: CommonSettings, shown: "AppStatus", stopping: asyncio.Event) -> Iterator[int]:
    """Show how the process is: on a port of its own, whose number is given, or to the parent of several, which has one (0)."""
    if settings.shared_port is not None:
        with supervisor.reporting(shown.missing, shown.degraded, stopping):
            yield 0
        return
    with OpsServer(
        *(settings.ops_host, settings.ops_port, shown.missing, shown.degraded, stopping.is_set),
        token=settings.metrics_token,
    ) as ops:
        yield ops.port


async def _work(
    settings: S, create_app: AppFactory[S], bus: NatsBus, shown: "AppStatus", stopping: asyncio.Event, port: int
) -> None:
    gc.collect()  # now, because it takes a tenth of a second, and the app answers before it has been put together
    async with create_app(settings, bus) as app:
        shown.app, shown.up = app, True
        settle_memory()
        log.info("started", port=port)
        await stopping.wait()
        log.info("draining")
        until = time.monotonic() + settings.drain_seconds
        await app.quiesce()
        await bus.drain(max(1.0, until - time.monotonic()))


def settle_memory() -> None:
    """What was loaded stays: the collector need not look at it again, nor at every few hundred of a request's objects."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


class AppStatus:
    """The app as the ops port sees it: a stand-in until the service is put together."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.up = False

    def missing(self) -> Sequence[str]:
        return self.app.missing()

    def degraded(self) -> Sequence[str]:
        return self.app.degraded()

    async def status(self, _: AskStatus) -> Status:
        return Status(version=VERSION, degraded=tuple(self.degraded()), missing=tuple(self.missing()))
