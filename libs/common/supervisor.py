"""Several processes of one service on one port: a parent starts them, watches them, and answers for them.

Each is the service's own command with the word `worker` behind it; everything else reaches it through the environment. A
worker says on its standard output how it is, and drains as after SIGTERM when its standard input ends, so that none outlives
its parent. One that dies is started again, and the others go on: ending all of them would cut every stream for one fault.
"""

import asyncio
import os
import signal
import socket
import struct
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec
import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from libs.common.ops import Names, OpsServer
from libs.common.settings import CommonSettings, SettingsError, SharedPort, environment_with
from libs.common.sockets import reserve
from libs.common.telemetry import logs

log = structlog.get_logger()
WORKER = "worker"
_BACKOFF_SECONDS = (0.5, 1, 2, 4, 8)
_STEADY_SECONDS = 30.0
_REPORT_SECONDS = 0.2  # how soon a change is told; where nothing changes, every fifth time
_SILENT_SECONDS = 10.0  # a worker that says nothing for so long is not counted on
_READS = 20
_KILL_SECONDS = 5.0  # beyond the time that a worker has to drain
_DEAD_KEPT = 32  # workers that ended whose counters still count; older ones are forgotten, as at a restart


class Report(msgspec.Struct, frozen=True):
    """How a worker is, in a line of its standard output: the parts that it cannot work without, and those that it misses."""

    missing: tuple[str, ...] = ("start",)
    degraded: tuple[str, ...] = ()
    draining: bool = False

    @property
    def ready(self) -> bool:
        return not self.missing and not self.draining


@contextmanager
def reporting(missing: Names, degraded: Names, stopping: asyncio.Event) -> Iterator[None]:
    """A worker's side, for as long as the block runs. `stopping` is set when the parent is gone."""
    loop = asyncio.get_running_loop()
    given, told = sys.stdin.fileno(), os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever else is printed is no report
    os.set_blocking(told, False)

    def on_input() -> None:
        if not os.read(given, 4096):
            loop.remove_reader(given)
            stopping.set()

    async def report() -> None:
        last, turn = None, 0
        while True:
            now = Report(tuple(missing()), tuple(degraded()), stopping.is_set())
            if now != last or turn % 5 == 0:
                with suppress(OSError):  # the parent is gone, or has not read for long
                    os.write(told, msgspec.json.encode(now) + b"\n")
            last, turn = now, turn + 1
            await asyncio.sleep(_REPORT_SECONDS)

    loop.add_reader(given, on_input)
    reports = asyncio.create_task(report())
    try:
        yield
    finally:
        reports.cancel()
        loop.remove_reader(given)
        os.close(told)


class Worker:
    """One process, or the place of one that is being started again."""

    def __init__(self, stopping: asyncio.Event) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = stopping
        self._report = Report()
        self._heard = 0.0

    @property
    def report(self) -> Report:
        """The last word of a living process; of one that hangs, or is none, that it has not started."""
        return self._report if time.monotonic() - self._heard < _SILENT_SECONDS else Report()

    async def run(
        self,
        command: Sequence[str],
        environment: dict[str, str],
        heard: Callable[[Report], None],
        ended: Callable[[int], None],
    ) -> int:
        """Start it and wait for its end; its exit code comes back. Every report goes to `heard`, its process id to `ended`."""
        process = self._process = await asyncio.create_subprocess_exec(
            *command, env=environment, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        log.info("worker_started", pid=process.pid)
        if self._stopping.is_set():  # since it was begun, when there was nothing to signal
            self.signal(signal.SIGTERM)
        assert process.stdout is not None
        async for line in process.stdout:
            with suppress(msgspec.DecodeError):
                self._report, self._heard = msgspec.json.decode(line, type=Report), time.monotonic()
                heard(self._report)
        code = await process.wait()
        self._process, self._report = None, Report()
        ended(process.pid)
        return code

    def signal(self, *numbers: signal.Signals) -> None:
        """Send signals to the process, if there is one."""
        with suppress(ProcessLookupError):
            for number in numbers:
                if self._process is not None:
                    self._process.send_signal(number)


class Supervisor:
    """The workers of one port. `run` returns the exit code of all when they have ended."""

    def __init__(self, command: Sequence[str], environment: dict[str, str], shared: SharedPort, metrics: Path) -> None:
        self._command = command
        self._environment = environment
        self._shared = shared
        self._metrics = metrics
        self.stopping = asyncio.Event()
        self._workers = [Worker(self.stopping) for _ in range(shared.workers)]
        self._dead: list[int] = []
        self._started = False
        self._code = 0
        self._registry = CollectorRegistry()
        MultiProcessCollector(self._registry, path=str(metrics))  # type: ignore[no-untyped-call]
        ready = Gauge("promptly_gateway_workers_ready", "Workers that take requests", registry=self._registry)
        ready.set_function(lambda: sum(worker.report.ready for worker in self._workers))
        self._restarts = Counter(
            "promptly_gateway_worker_restarts", "Workers that ended by themselves", registry=self._registry
        )

    def missing(self) -> Sequence[str]:
        """Nothing where one worker is ready: the port reaches those that listen, and no others."""
        reports = [worker.report for worker in self._workers]
        if any(report.ready for report in reports):
            return ()
        return sorted({name for report in reports for name in report.missing}) or ("workers",)

    def degraded(self) -> Sequence[str]:
        """What any worker misses, and `workers` where not all of them are ready."""
        reports = [worker.report for worker in self._workers]
        found = {name for report in reports if report.ready for name in report.degraded}
        return sorted(found | (set() if all(report.ready for report in reports) else {"workers"}))

    def exposition(self) -> bytes:
        """The sums of all workers' metrics, those of the dead included."""
        for _ in range(_READS):
            try:
                return generate_latest(self._registry)
            except struct.error:  # a worker has just made its file, and has not given it its size yet
                time.sleep(0.001)
        return generate_latest(self._registry)

    async def run(self) -> int:
        """Keep the workers up until `stopping`, then drain them."""
        keeping = [asyncio.create_task(self._keep(worker)) for worker in self._workers]
        await self.stopping.wait()
        for worker in self._workers:
            worker.signal(signal.SIGTERM, signal.SIGCONT)  # a frozen one cannot drain
        _, late = await asyncio.wait(keeping, timeout=self._shared.drain_seconds + _KILL_SECONDS)
        if late:
            log.warning("workers_killed", count=len(late), reason="not_drained")
            for worker in self._workers:
                worker.signal(signal.SIGKILL)
            await asyncio.wait(keeping)
        return self._code

    async def _keep(self, worker: Worker) -> None:
        failures = 0
        while not self.stopping.is_set():
            began = time.monotonic()
            try:
                code = await worker.run(self._command, self._environment, self._hear, self._forget)
            except OSError as error:  # no process, no memory, no file for its pipes: there may be in a while
                log.error("worker_not_started", error_type=type(error).__name__)
                code = 1
            if self.stopping.is_set():
                return
            if not self._started:
                # The next try would end as this one did, and whoever started us has to see it.
                self._code = code if code > 0 else 1
                self.stopping.set()
                return
            failures = 0 if time.monotonic() - began > _STEADY_SECONDS else failures
            pause = _BACKOFF_SECONDS[min(failures, len(_BACKOFF_SECONDS) - 1)]
            failures += 1
            self._restarts.inc()
            log.warning("worker_ended", code=code, seconds=pause)
            with suppress(TimeoutError):
                await asyncio.wait_for(self.stopping.wait(), pause)

    def _hear(self, report: Report) -> None:
        self._started = self._started or "start" not in report.missing

    def _forget(self, pid: int) -> None:
        """What a process that ended counted stays in the sums; what it held at the moment does not."""
        mark_process_dead(pid, str(self._metrics))  # type: ignore[no-untyped-call]
        self._dead.append(pid)
        for oldest in self._dead[:-_DEAD_KEPT]:
            for file in self._metrics.glob(f"*_{oldest}.db"):
                file.unlink(missing_ok=True)
        self._dead = self._dead[-_DEAD_KEPT:]


async def supervise(name: str, settings: CommonSettings, shared: SharedPort) -> int:
    """Run `shared.workers` processes of a service until a signal asks for their end; the exit code comes back.

    `SettingsError` where the port is not to be had.
    """
    logs.configure(name, settings.log_format, settings.log_level)
    held = _reserved(shared)
    with held, tempfile.TemporaryDirectory(prefix="promptly-metrics-") as directory:
        environment = environment_with(
            PROMPTLY_PORT=str(held.getsockname()[1]), PROMETHEUS_MULTIPROC_DIR=directory, PYTHONUNBUFFERED="1"
        )
        command = (sys.executable, "-m", f"services.{name}", WORKER)
        supervisor = Supervisor(command, environment, shared, Path(directory))
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, supervisor.stopping.set)
        with OpsServer(
            settings.ops_host,
            settings.ops_port,
            supervisor.missing,
            supervisor.degraded,
            supervisor.stopping.is_set,
            token=settings.metrics_token,
            metrics=supervisor.exposition,
        ) as ops:
            log.info("started", port=ops.port)
            code = await supervisor.run()
    log.info("stopped")
    return code


def _reserved(shared: SharedPort) -> socket.socket:
    try:
        return reserve(shared.host, shared.port)
    except OSError as error:
        raise SettingsError(f"PROMPTLY_PORT: {error.strerror}.") from None
