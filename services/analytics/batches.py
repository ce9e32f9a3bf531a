"""Batches that nobody looks at any more: gateways look at them, so that what they cost is recorded all the same."""

from datetime import timedelta
from typing import Final

import structlog

from libs.common.clock import Clock
from libs.common.errors import PromptlyError
from services.analytics.ports import BatchChecker, UnitOfWork

log = structlog.get_logger()
_AFTER: Final = timedelta(hours=1)
_FOR: Final = timedelta(days=3)  # a batch takes a day at most, and some time to be counted


class Batches:
    """Asks after each batch of the last days once an hour. One that is charged already costs a look-up, and no call."""

    def __init__(self, uow: UnitOfWork, clock: Clock, checker: BatchChecker) -> None:
        self._uow = uow
        self._clock = clock
        self._checker = checker
        self._over: set[tuple[str, str]] = set()

    async def sweep(self) -> None:
        """Look at all of them once. One that cannot be looked at now is looked at the next time."""
        now = self._clock.now()
        async with self._uow() as tx:
            found = await tx.log.batches(now - _FOR, now - _AFTER)
        self._over &= set(found)
        for org_id, batch_id in found:
            if (org_id, batch_id) in self._over:
                continue
            try:
                over = await self._checker.check(org_id, batch_id)
            except PromptlyError as error:
                log.warning("batch_not_checked", code=error.code)
                continue
            if over:
                self._over.add((org_id, batch_id))
