"""Durable events that the bus could not take: on disk, in order, until it can.

A spool is a directory of files of lines, `<crc32> <event id> <subject> <payload>`. A process appends to one file of its own,
fsynced before an append returns and locked for as long as the process lives. When the bus is back, that file is set aside
for a fresh one and replayed under the same event ids, so that what did arrive the first time is not stored twice. Several
processes may share a directory; what a process that died left there is adopted by any of the others, and by the next to start.

A line that can never be sent goes to a file of its own (`aside_….log`), is counted and logged, and the others go on. An
organization may fill as much as is still free, so that one of them fills half of a spool at most.
"""

import asyncio
import fcntl
import os
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import structlog

from libs.common.bus.ports import Bus
from libs.common.contracts.base import Event, Payload, decoder
from libs.common.errors import PromptlyError, Unavailable
from libs.common.ids import new_id
from libs.common.telemetry import metrics

log = structlog.get_logger()


_ASIDE_SHARE = 8  # what was set aside may take an eighth of the spool's size beside it


class SpoolFull(Unavailable):
    """The spool, or an organization's share of it, has reached its limit; the oldest events are kept and this one has no
    place.
    """

    code = "spool_full"


class _File:
    """One file, held by its lock. `sent` is how far it has been replayed."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self.size = os.fstat(descriptor).st_size
        self.sent = 0
        self.by_org: Counter[str] = Counter()
        self._descriptor = descriptor

    @classmethod
    def make(cls, path: Path) -> "_File":
        """A new file, held before anybody else can find it under its name."""
        unnamed = path.with_name(f".{path.name}")
        descriptor = os.open(unnamed, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        unnamed.rename(path)
        return cls(path, descriptor)

    @classmethod
    def hold(cls, path: Path) -> "_File | None":
        """Open a file that is there; None where a living process has it, or just finished and removed it."""
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_APPEND)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            return None
        if os.fstat(descriptor).st_nlink == 0:
            os.close(descriptor)
            return None
        return cls(path, descriptor)

    def append(self, data: bytes) -> None:
        """Write all of it to the disk, or nothing."""
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(self._descriptor, view) :]
            os.fsync(self._descriptor)
        except OSError:
            # Half a line would swallow the event that is appended next.
            os.ftruncate(self._descriptor, self.size)
            raise
        self.size += len(data)

    def lines(self) -> Iterator[bytes]:
        """What has not been replayed yet, line by line, without reading the whole file."""
        with self.path.open("rb") as file:
            file.seek(self.sent)
            yield from file

    def close(self) -> None:
        """Let go of the file; it stays only where something waits in it."""
        if self.sent >= self.size:
            self.path.unlink(missing_ok=True)
        os.close(self._descriptor)


class Spool:
    """Events of one process. `max_bytes` bounds its files: `SpoolFull` says that the bus has been away for long."""

    def __init__(self, directory: Path, events: Sequence[Event[Any]], max_bytes: int) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        for outcome in ("set_aside", "lost"):  # there from the start, so that the first one is seen as an increase
            metrics.SPOOL_SET_ASIDE.labels(outcome)
        self._directory = directory
        self._events = {event.subject: event for event in events}
        self._max_bytes = max_bytes
        self._current = self._fresh()
        self._aside: list[_File] = []
        self._waiting: list[tuple[bytes, str, asyncio.Future[None]]] = []
        # Bytes accepted and not yet on the disk, by organization and in all: counted, never summed up anew, because a crowd of
        # requests that end together appends as many lines.
        self._unwritten: Counter[str] = Counter()
        self._unwritten_bytes = 0
        self._writing: asyncio.Task[None] | None = None

    @property
    def bytes_waiting(self) -> int:
        """What this process holds that has not been replayed."""
        held = sum(file.size - file.sent for file in (*self._aside, self._current))
        return held + self._unwritten_bytes

    async def append(self, event: Event[Payload], payload: Payload, event_id: str) -> None:
        """Returns once the event is on the disk. Appends that come together share one fsync."""
        data = msgspec.json.encode(payload)
        body = b"%b %b %b" % (event_id.encode(), event.subject.encode(), data)
        line = b"%08x %b\n" % (zlib.crc32(body), body)
        free = self._max_bytes - self.bytes_waiting
        if len(line) > free:
            raise SpoolFull("Events cannot be recorded right now: the bus is away and the spool is full.")
        org_id = str(getattr(payload, "org_id", ""))
        if org_id and self._of(org_id) + len(line) > free:
            raise SpoolFull(
                "Events cannot be recorded right now: the bus is away, and your organization has used up its share of the spool."
            )
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((line, org_id, written))
        self._count_unwritten(org_id, len(line))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())
        await asyncio.shield(written)

    async def replay(self, bus: Bus) -> int:
        """Send what waits; how many were sent comes back. `PromptlyError` where the bus goes away again: the rest stays."""
        if self._current.size and (self._writing is None or self._writing.done()):
            self._aside.append(self._current)
            self._current = self._fresh()
        sent = 0
        while self._aside:
            sent += await self._send(self._aside[0], bus)
            self._aside.pop(0).close()
        metrics.SPOOL_BYTES.set(self.bytes_waiting)
        return sent

    def adopt(self) -> None:
        """Take over what dead processes left behind; the next replay sends it."""
        own = {file.path for file in (*self._aside, self._current)}
        for path in sorted(self._directory.glob("spool_*.log")):
            if path not in own and (held := _File.hold(path)) is not None:
                self._aside.append(held)

    async def keep_replaying(self, bus: Bus, pause: float = 0.5) -> None:
        """Replay whenever the bus is there, for as long as the process lives: what is its own, and what the dead left."""
        while True:
            if bus.connected:
                try:
                    self.adopt()
                    if sent := await self.replay(bus):
                        log.info("spool_replayed", count=sent)
                except PromptlyError:
                    pass  # the bus went away again: the next round goes on where this one stopped
                except Exception as error:
                    log.error("spool_replay_failed", error_type=type(error).__name__)
            await asyncio.sleep(pause)

    def close(self) -> None:
        """Let go of the files; those in which something waits are for the next process."""
        for file in (*self._aside, self._current):
            file.close()

    def _fresh(self) -> _File:
        return _File.make(self._directory / f"{new_id('spool')}.log")

    async def _write(self) -> None:
        while self._waiting:
            taken, self._waiting = self._waiting, []
            try:
                await asyncio.to_thread(self._current.append, b"".join(line for line, *_ in taken))
            except OSError as error:
                for line, org_id, _ in taken:
                    self._count_unwritten(org_id, -len(line))
                log.error("spool_failed", error_type=type(error).__name__)
                failure = SpoolFull("Events cannot be recorded right now: the bus is away and the disk refuses them.")
                for *_, written in taken:
                    written.set_exception(failure)
                continue
            for line, org_id, _ in taken:
                self._current.by_org[org_id] += len(line)
                self._count_unwritten(org_id, -len(line))
            metrics.SPOOL_BYTES.set(self.bytes_waiting)
            metrics.EVENTS_SPOOLED.inc(len(taken))
            for *_, written in taken:
                written.set_result(None)

    def _of(self, org_id: str) -> int:
        """Bytes of an organization that wait."""
        return self._unwritten[org_id] + sum(file.by_org[org_id] for file in (*self._aside, self._current))

    def _count_unwritten(self, org_id: str, size: int) -> None:
        self._unwritten_bytes += size
        self._unwritten[org_id] += size
        if not self._unwritten[org_id]:
            del self._unwritten[org_id]

    async def _send(self, file: _File, bus: Bus) -> int:
        sent = 0
        for line in file.lines():
            org_id = ""
            try:
                event, event_id, payload = self._parse(line)
                org_id = str(getattr(payload, "org_id", ""))
                await bus.emit(event, payload, event_id=event_id)
                sent += 1
            except Unavailable:
                raise
            except Exception as error:  # whatever is wrong with this line, the others are not
                self._set_aside(line, type(error).__name__)
            file.sent += len(line)
            file.by_org[org_id] -= len(line)
        return sent

    def _set_aside(self, line: bytes, reason: str) -> None:
        """Keep a line that cannot be sent where somebody can look at it, as long as there is room."""
        path, size = self._directory / f"aside_{os.getpid()}.log", 0
        kept = "set_aside"
        try:
            size = sum(one.stat().st_size for one in self._directory.glob("aside_*.log"))
            if size + len(line) > self._max_bytes // _ASIDE_SHARE:
                kept = "lost"
            else:
                with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as file:
                    file.write(line if line.endswith(b"\n") else line + b"\n")
        except OSError:
            kept = "lost"
        metrics.SPOOL_SET_ASIDE.labels(kept).inc()
        log.error("spool_line_set_aside", error_type=reason, reason=kept, count=len(line))

    def _parse(self, line: bytes) -> tuple[Event[Any], str, Any]:
        """An event out of a line; `ValueError` for the half line of a process that died while writing it, and what decoding
        raises for one that another version wrote.
        """
        crc, _, body = line.rstrip(b"\n").partition(b" ")
        if int(crc, 16) != zlib.crc32(body):
            raise ValueError
        event_id, subject, data = body.split(b" ", 2)
        event = self._events[subject.decode()]
        return event, event_id.decode(), decoder(event.payload).decode(data)
