"""What reports need of the store."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from services.auth.reports.domain.schedule import ReportPeriod


class DueReport(msgspec.Struct, frozen=True, kw_only=True):
    """A report that is due to an admin, and how often it was tried, this time included."""

    org_id: str
    org_name: str
    user_id: str
    email: str
    period: ReportPeriod
    attempts: int


class ReportRecipients(Protocol):
    """Who asked for which report, and when the next one is due."""

    async def of(self, org_id: str, user_id: str) -> frozenset[ReportPeriod]:
        """What a user asked for."""
        ...

    async def add(self, org_id: str, user_id: str, period: ReportPeriod, due: datetime) -> None:
        """Have a user get reports from `due` on; whoever gets them already goes on as before."""
        ...

    async def remove(self, org_id: str, user_id: str, period: ReportPeriod) -> None:
        """No more of these."""
        ...

    async def take(self, now: datetime, until: datetime, limit: int) -> Sequence[DueReport]:
        """Those that are due to users who are admins and not suspended, the longest waiting first. Nobody else gets them before `until`."""
        ...

    async def schedule(self, taken: DueReport, due: datetime, attempts: int) -> None:
        """Have what was taken come again at `due`, after so many tries."""
        ...
