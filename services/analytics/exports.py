"""The request log as objects in a bucket, hour by hour, as the hours end."""

import asyncio

import structlog
from prometheus_client import Gauge

from libs.common.clock import Clock
from services.analytics.domain.exports import HOUR, first_hour, is_over, object_name
from services.analytics.ports import ObjectStore, UnitOfWork
from services.analytics.translate.json_lines import json_lines

log = structlog.get_logger()
BEHIND = Gauge("promptly_export_behind_seconds", "Seconds since the end of the oldest hour that is not exported")


class Exports:
    """Exports what was received in each hour that is over, oldest first.

    A row has one such hour, whenever its request was made, so that what comes late is in a later object and in no second one. An hour
    that was begun and not finished is written again, under the same names.
    """

    def __init__(
        self, uow: UnitOfWork, clock: Clock, bucket: ObjectStore, prefix: str, part_rows: int = 10_000
    ) -> None:
        self._uow = uow
        self._clock = clock
        self._bucket = bucket
        self._prefix = prefix
        self._part_rows = part_rows

    async def run(self) -> None:
        """Export all hours that are over and not exported; raises where the bucket does not take one, which is then tried the next time."""
        async with self._uow() as tx:
            await tx.exports.begin(first_hour(self._clock.now()))
        while await self._export_one():
            pass

    async def _export_one(self) -> bool:
        """One hour; False where there is none to export, or another copy of the service is at it."""
        async with self._uow() as tx:
            hour = await tx.exports.take()
            if hour is None:
                return False
            now = self._clock.now()
            BEHIND.set(max(0.0, (now - hour - HOUR).total_seconds()))
            if not is_over(hour, now):
                return False
            parts = 0
            async for rows in tx.exports.received(hour, hour + HOUR, self._part_rows):
                body = await asyncio.to_thread(json_lines, rows)
                await self._bucket.put(object_name(self._prefix, hour, parts), body)
                parts += 1
            await tx.exports.move(hour + HOUR)
        if parts:
            log.info("hour_exported", count=parts)
        return True
