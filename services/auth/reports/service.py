"""Makes reports, and sends each once however many copies of auth run."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

import structlog

from libs.common.bus import Bus
from libs.common.clock import Clock
from libs.common.contracts.analytics import BREAKDOWN, EXPERIMENT, Breakdown, BreakdownQuery
from libs.common.contracts.experiments import ExperimentQuery
from libs.common.errors import Conflict, NotFound, PromptlyError
from services.auth.domain.accounts import Caller
from services.auth.domain.links import Links
from services.auth.domain.mails import Mail
from services.auth.keys.domain.keys import MOST_MERGED
from services.auth.ports import Mailer, UnitOfWork
from services.auth.reports.domain.report import DIMENSIONS, TOP, Figures, Report, html_of, report, text_of
from services.auth.reports.domain.schedule import ReportPeriod, Span, last_span, next_due, retry_after
from services.auth.reports.ports import DueReport

log = structlog.get_logger()
_AT_ONCE: Final = 5
# Longer than the figures and the mail server may take: who dies with a report in hand loses it then.
_LEASE: Final = timedelta(minutes=2)


class Reports:
    """A report is taken in one transaction and settled in another; between them it is made and sent, and nothing is locked. Should its
    sender die in between, it is sent again, under the same Message-ID.
    """

    def __init__(self, uow: UnitOfWork, bus: Bus, mailer: Mailer, links: Links, clock: Clock) -> None:
        self._uow = uow
        self._bus = bus
        self._mailer = mailer
        self._links = links
        self._clock = clock

    @property
    def available(self) -> bool:
        """Whether there is a mail server."""
        return self._mailer.configured

    async def chosen(self, caller: Caller) -> frozenset[ReportPeriod]:
        """What the caller gets."""
        async with self._uow() as tx:
            return await tx.report_recipients.of(caller.org_id, caller.user_id)

    async def choose(self, caller: Caller, wanted: Mapping[ReportPeriod, bool]) -> None:
        """Begin or end the caller's reports. `Conflict` where none can be sent."""
        if any(wanted.values()) and not self.available:
            raise Conflict("No mail server is set up here (PROMPTLY_SMTP_URL), so no report can be sent.")
        now = self._clock.now()
        async with self._uow() as tx:
            for period, on in wanted.items():
                if on:
                    await tx.report_recipients.add(caller.org_id, caller.user_id, period, next_due(period, now))
                else:
                    await tx.report_recipients.remove(caller.org_id, caller.user_id, period)

    async def preview(self, caller: Caller, period: ReportPeriod) -> tuple[Report, Span]:
        """The report about the last whole period, as it is sent. `Unavailable` while analytics is away."""
        async with self._uow() as tx:
            org = await tx.accounts.org(caller.org_id)
        if org is None:
            raise NotFound("Your organization is no more.")
        span = last_span(period, self._clock.now())
        return await self._report(caller.org_id, org.name, period, span), span

    async def send_due(self) -> None:
        """Send what is due. Without a mail server all of it waits."""
        if not self.available:
            return
        while True:
            now = self._clock.now()
            async with self._uow() as tx:
                taken = await tx.report_recipients.take(now, now + _LEASE, _AT_ONCE)
            await asyncio.gather(*map(self._send, taken))
            if len(taken) < _AT_ONCE:
                return

    async def _send(self, taken: DueReport) -> None:
        sent = await self._sent(taken)
        now = self._clock.now()
        pause = None if sent else retry_after(taken.attempts)
        if not sent and pause is None:
            log.warning("report_given_up", attempt=taken.attempts)
        due, attempts = (next_due(taken.period, now), 0) if pause is None else (now + pause, taken.attempts)
        async with self._uow() as tx:
            await tx.report_recipients.schedule(taken, due, attempts)

    async def _sent(self, taken: DueReport) -> bool:
        span = last_span(taken.period, self._clock.now())
        try:
            found = await self._report(taken.org_id, taken.org_name, taken.period, span)
        except PromptlyError as error:
            log.warning("report_failed", code=error.code)
            return False
        mail = Mail(
            kind="report",
            to=taken.email,
            subject=found.subject,
            text=text_of(found),
            html=html_of(found),
            id=f"<{taken.period}.{span.start:%Y%m%d}.{taken.user_id}@promptly>",
        )
        return await self._mailer.send(mail)

    async def _report(self, org_id: str, name: str, period: ReportPeriod, span: Span) -> Report:
        from_ms, to_ms = (round(moment.timestamp() * 1000) for moment in (span.start, span.end))
        async with self._uow() as tx:
            merged = tuple(await tx.api_keys.of_playground(org_id, MOST_MERGED))
        breakdowns: dict[str, Breakdown] = {}
        for dimension in DIMENSIONS:
            query = BreakdownQuery(
                org_id=org_id,
                from_ms=from_ms,
                to_ms=to_ms,
                by=(dimension,),
                previous=True,
                limit=TOP,
                merged_keys=merged if dimension == "key" else (),
            )
            breakdowns[dimension] = await self._bus.call(BREAKDOWN, query)
        experiment = await self._bus.call(EXPERIMENT, ExperimentQuery(org_id=org_id, from_ms=from_ms, to_ms=to_ms))
        async with self._uow() as tx:
            names = {key.id: key.name for key in await tx.api_keys.all(org_id)}
            names |= {team.id: team.name for team in await tx.teams.all(org_id)}
        figures = Figures(
            organization=name, period=period, span=span, breakdowns=breakdowns, names=names, experiment=experiment
        )
        return report(figures, self._links.organization)
