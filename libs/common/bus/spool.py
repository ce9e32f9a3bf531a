"""Durable events that the bus could not take: on disk, in order, until it can.

A spool is one file of lines, `<crc32> <event id> <subject> <payload>`, appended and fsynced before an append returns, and
locked by the process that writes it. When the bus is back it is replayed under the same event ids, so that what did arrive
the first time is not stored twice. A process that died leaves its file behind; the next one to start adopts it.
"""

import asyncio
import fcntl
import os
import zlib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import structlog

from libs.common.bus.ports import Bus
from libs.common.contracts.base import Event, Payload
from libs.common.errors import PromptlyError, Unavailable
from libs.common.ids import new_id
from libs.common.telemetry import metrics

log = structlog.get_logger()


class SpoolFull(Unavailable):
    """The spool has reached its limit; the oldest events are kept and this one has no place."""

    code = "spool_full"


class Spool:
    """Events of one process. `max_bytes` bounds the file: `SpoolFull` says that the bus has been away for long."""

    def __init__(self, directory: Path, events: Sequence[Event[Any]], max_bytes: int) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._events = {event.subject: event for event in events}
        self._max_bytes = max_bytes
        self._path = directory / f"{new_id('spool')}.log"
        descriptor = _open_locked(self._path)
        assert descriptor is not None
        self._file = descriptor
        self._size = 0
        self._waiting: list[tuple[bytes, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None
        self._lock = asyncio.Lock()

    @property
    def empty(self) -> bool:
        """Whether nothing waits in this process's own file."""
        return self._size == 0 and not self._waiting

    async def append(self, event: Event[Payload], payload: Payload, event_id: str) -> None:
        """Returns once the event is on the disk. Appends that come together share one fsync."""
        data = msgspec.json.encode(payload)
        body = b"%b %b %b" % (event_id.encode(), event.subject.encode(), data)
        line = b"%08x %b\n" % (zlib.crc32(body), body)
        if self._size + sum(len(waiting) for waiting, _ in self._waiting) + len(line) > self._max_bytes:
            raise SpoolFull("Events cannot be recorded right now: the bus is away and the spool is full.")
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((line, written))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())
        await asyncio.shield(written)

    async def replay(self, bus: Bus) -> int:
        """Send what waits; how many were sent comes back. `PromptlyError` where the bus goes away again: all stays."""
        async with self._lock:
            if self._size == 0:
                return 0
            sent = await self._send(self._path, bus)
            os.ftruncate(self._file, 0)
            self._size = 0
            metrics.SPOOL_BYTES.set(0)
        return sent

    async def adopt(self, bus: Bus) -> int:
        """Send what dead processes left behind, and remove their files."""
        sent = 0
        for path in sorted(self._directory.glob("spool_*.log")):
            if path == self._path or (descriptor := _open_locked(path)) is None:
                continue
            try:
                sent += await self._send(path, bus)
                path.unlink()
            finally:
                os.close(descriptor)
        return sent

    async def keep_replaying(self, bus: Bus, pause: float = 0.5) -> None:
        """Replay whenever the bus is there, for as long as the process lives."""
        adopted = False
        while True:
            if bus.connected:
                with suppress(PromptlyError):
                    sent = await self.replay(bus)
                    if not adopted:
                        sent += await self.adopt(bus)
                        adopted = True
                    if sent:
                        log.info("spool_replayed", count=sent)
            await asyncio.sleep(pause)

    def close(self) -> None:
        """Let go of the file; it stays only while something waits in it."""
        if self._size == 0:
            self._path.unlink(missing_ok=True)
        os.close(self._file)

    async def _write(self) -> None:
        while self._waiting:
            async with self._lock:
                taken, self._waiting = self._waiting, []
                data = b"".join(line for line, _ in taken)
                try:
                    await asyncio.to_thread(self._append_bytes, data)
                except OSError as error:
                    log.error("spool_failed", error_type=type(error).__name__)
                    failure = SpoolFull(
                        "Events cannot be recorded right now: the bus is away and the disk refuses them."
                    )
                    for _, written in taken:
                        written.set_exception(failure)
                    continue
                self._size += len(data)
                metrics.SPOOL_BYTES.set(self._size)
                metrics.EVENTS_SPOOLED.inc(len(taken))
                for _, written in taken:
                    written.set_result(None)

    def _append_bytes(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._file, view) :]
        os.fsync(self._file)

    async def _send(self, path: Path, bus: Bus) -> int:
        sent = 0
        for line in (await asyncio.to_thread(path.read_bytes)).split(b"\n"):
            parsed = self._parse(line)
            if parsed is not None:
                event, event_id, payload = parsed
                await bus.emit(event, payload, event_id=event_id)
                sent += 1
        return sent

    def _parse(self, line: bytes) -> tuple[Event[Any], str, Any] | None:
        """An event out of a line; None for the half line of a process that died while writing it."""
        if not line:
            return None
        crc, _, body = line.partition(b" ")
        try:
            if int(crc, 16) != zlib.crc32(body):
                raise ValueError
            event_id, subject, data = body.split(b" ", 2)
            event = self._events[subject.decode()]
            return event, event_id.decode(), msgspec.json.decode(data, type=event.payload)
        except (ValueError, KeyError, msgspec.MsgspecError):
            log.error("spool_line_unreadable")
            return None


def _open_locked(path: Path) -> int | None:
    """A descriptor for appending that holds the file's lock; None where a live process has it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor
