"""How far the request log is exported, in memory."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime

from libs.common.contracts.events import CompletionFinished


class MemoryExports:
    """Implements `ports.ExportLog`; `mark` holds the next hour, if there was one."""

    def __init__(
        self,
        rows: Mapping[tuple[str, str], CompletionFinished],
        received: Mapping[tuple[str, str], datetime],
        mark: list[datetime],
    ) -> None:
        self._rows = rows
        self._received = received
        self._mark = mark

    async def begin(self, hour: datetime) -> None:
        self._mark[:] = self._mark or [hour]

    async def take(self) -> datetime | None:
        return self._mark[0] if self._mark else None

    async def move(self, hour: datetime) -> None:
        self._mark[:] = [hour]

    async def received(
        self, start: datetime, end: datetime, portion: int
    ) -> AsyncIterator[Sequence[CompletionFinished]]:
        found = sorted(
            (at, key[1], key) for key, at in self._received.items() if start <= at < end and key in self._rows
        )
        for first in range(0, len(found), portion):
            yield [self._rows[key] for _, _, key in found[first : first + portion]]
