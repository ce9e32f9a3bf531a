"""Who gets reports, in memory."""

from collections.abc import Sequence
from datetime import datetime

from services.auth.reports.domain.schedule import ReportPeriod
from services.auth.reports.ports import DueReport
from tests.fakes.auth.rows import Rows


class MemoryReportRecipients:
    """Implements `reports.ports.ReportRecipients`."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    async def of(self, org_id: str, user_id: str) -> frozenset[ReportPeriod]:
        return frozenset(
            period for org, user, period in self._rows.report_recipients if (org, user) == (org_id, user_id)
        )

    async def add(self, org_id: str, user_id: str, period: ReportPeriod, due: datetime) -> None:
        self._rows.report_recipients.setdefault((org_id, user_id, period), (due, 0))

    async def remove(self, org_id: str, user_id: str, period: ReportPeriod) -> None:
        self._rows.report_recipients.pop((org_id, user_id, period), None)

    async def take(self, now: datetime, until: datetime, limit: int) -> Sequence[DueReport]:
        kept = self._rows.report_recipients
        waiting = [at for at, (due, _) in sorted(kept.items(), key=lambda one: one[1]) if due <= now]
        taken: list[DueReport] = []
        for org_id, user_id, period in waiting:
            user = self._rows.users[org_id, user_id].user
            if user.role != "admin" or user.suspended or len(taken) == limit:
                continue
            attempts = kept[org_id, user_id, period][1] + 1
            kept[org_id, user_id, period] = (until, attempts)
            name = self._rows.orgs[org_id].name
            taken.append(
                DueReport(
                    org_id=org_id, org_name=name, user_id=user_id, email=user.email, period=period, attempts=attempts
                )
            )
        return taken

    async def schedule(self, taken: DueReport, due: datetime, attempts: int) -> None:
        at = (taken.org_id, taken.user_id, taken.period)
        if at in self._rows.report_recipients:
            self._rows.report_recipients[at] = (due, attempts)
