"""One supervised process: started, watched, restarted with back-off, stopped."""

import asyncio
import ctypes
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from deploy.local.console import Console
from deploy.local.settings import child_environment

_BACKOFF = (0.5, 1, 2, 4, 8)
_STEADY_SECONDS = 30.0
_PR_SET_PDEATHSIG = 1


def end_with_parent() -> None:
    """Ask Linux for a SIGTERM when the runner dies, however it dies, so that nothing is left behind."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass(frozen=True)
class Plan:
    """What to run. `ready` is asked until it says yes; `stop_seconds` is how long a stop may take before it is forced.

    `before_exec` runs in the new process, before it becomes the program.
    """

    name: str
    argv: Sequence[str]
    ready: Callable[[], Awaitable[bool]]
    env: Mapping[str, str] = field(default_factory=dict)
    stop_seconds: float = 20.0
    quiet: bool = False
    before_exec: Callable[[], None] = end_with_parent
    stop_signal: signal.Signals = signal.SIGTERM


class StartFailed(Exception):
    """A process ended, or said nothing, before it was ready; the message ends with its last lines."""


class Child:
    """A process of a plan. It runs in a session of its own, so that Ctrl-C reaches it only through us, in order."""

    def __init__(self, plan: Plan, console: Console) -> None:
        self.plan = plan
        self.restarts = 0
        self._console = console
        self._process: asyncio.subprocess.Process | None = None
        self._watching: asyncio.Task[None] | None = None
        self._reading: asyncio.Task[None] | None = None
        self._last_lines: list[str] = []
        self._stopping = False

    @property
    def pid(self) -> int | None:
        """The process's id while it lives."""
        return self._process.pid if self._process is not None and self._process.returncode is None else None

    async def start(self, seconds: float = 60) -> None:
        """Returns once it is ready. From then on it is restarted whenever it dies."""
        await self._spawn()
        deadline = time.monotonic() + seconds
        while not await self.plan.ready():
            if self.pid is None or time.monotonic() > deadline:
                ended = "ended" if self.pid is None else f"was not ready after {seconds:.0f} s"
                lines = "\n  ".join(self._last_lines[-12:])
                await self.stop()
                raise StartFailed(f"{self.plan.name} {ended}:\n  {lines}")
            await asyncio.sleep(0.05)
        self._watching = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        """Ask it to end, and make it after a while."""
        self._stopping = True
        if self._watching is not None:
            self._watching.cancel()
        process = self._process
        if process is not None and process.returncode is None:
            with suppress(ProcessLookupError):
                process.send_signal(self.plan.stop_signal)
                # A process that is frozen cannot act on the first signal until it is woken.
                process.send_signal(signal.SIGCONT)
            try:
                await asyncio.wait_for(process.wait(), self.plan.stop_seconds)
            except TimeoutError:
                self._console.bad(f"{self.plan.name} did not stop in {self.plan.stop_seconds:.0f} s and was killed")
                process.kill()
                await process.wait()
        if self._reading is not None:
            await self._reading

    async def _spawn(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            *self.plan.argv,
            env=child_environment(self.plan.env),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=self.plan.before_exec,
            limit=1 << 20,
        )
        self._reading = asyncio.create_task(self._read(self._process))

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        while True:
            try:
                line = await process.stdout.readline()
            except ValueError:  # a line beyond the limit
                continue
            if not line:
                return
            text = line.decode(errors="replace").rstrip()
            self._last_lines = [*self._last_lines[-20:], text]
            if not self.plan.quiet:
                self._console.said(self.plan.name, text)

    async def _watch(self) -> None:
        failures = 0
        while not self._stopping:
            assert self._process is not None
            started = time.monotonic()
            code = await self._process.wait()
            if self._stopping:
                return
            failures = 0 if time.monotonic() - started > _STEADY_SECONDS else failures
            pause = _BACKOFF[min(failures, len(_BACKOFF) - 1)]
            failures += 1
            self.restarts += 1
            self._console.bad(f"{self.plan.name} ended with {code}; starting it again in {pause} s")
            await asyncio.sleep(pause)
            await self._spawn()
