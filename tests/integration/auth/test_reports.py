"""Reports by mail: off until an admin asks, sent once however many copies send, tried again where that fails."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from libs.common.bus import MemoryBus
from libs.common.clock import ManualClock
from libs.common.contracts.analytics import BREAKDOWN, EXPERIMENT, Breakdown, BreakdownQuery, BreakdownRow, Use
from libs.common.contracts.experiments import ExperimentQuery, ExperimentResults
from libs.common.db import connect
from libs.common.errors import Conflict
from libs.common.smtp import Smtp
from services.auth.clients.mail import NullMailer, SmtpMailer
from services.auth.domain.accounts import Caller
from services.auth.domain.links import Links
from services.auth.reports.service import Reports
from services.auth.store.unit_of_work import unit_of_work
from tests.fixtures.mailbox import Mailbox, mailbox
from tests.integration.auth.conftest import Auth, Org

pytestmark = pytest.mark.asyncio(loop_scope="module")
LINKS = Links(public_url="https://p.example", frontend_url="https://p.example")
USE = Use(requests=3, cost_nano=2_000_000_000, baseline_cost_nano=5_000_000_000)


async def _breakdown(query: BreakdownQuery) -> Breakdown:
    row = BreakdownRow(values=("gpt-4o",), use=USE, previous=Use())
    return Breakdown(rows=(row,), other=Use(), without=Use(), total=USE, previous_total=Use())


async def _experiment(query: ExperimentQuery) -> ExperimentResults:
    return ExperimentResults(
        status="not_enough",
        measured=None,
        estimated=None,
        conversations_treated=0,
        conversations_control=0,
        unpriced=0,
        mixed=0,
        quality=(),
    )


@pytest_asyncio.fixture(loop_scope="module")
async def box() -> AsyncIterator[Mailbox]:
    async with mailbox() as made:
        yield made


async def _bus() -> MemoryBus:
    bus = MemoryBus()
    await bus.serve(BREAKDOWN, _breakdown)
    await bus.serve(EXPERIMENT, _experiment)
    return bus


def _to(clock: ManualClock, moment: datetime) -> None:
    clock.advance((moment - clock.now()).total_seconds())


def _caller(org: Org) -> Caller:
    return Caller(org_id=org.id, user_id=org.user_id, role="admin")


def _mailer(box: Mailbox) -> SmtpMailer:
    return SmtpMailer(Smtp(box.url, "Promptly <promptly@example.com>"))


async def test_it_is_off_until_an_admin_asks_and_says_why_it_cannot(auth: Auth) -> None:
    org = await auth.new_org()
    off = {"mail": False, "monthly": False, "weekly": False}
    assert (await auth.call("GET", "/api/reports", org.token)).json() == off
    refused = await auth.call("PUT", "/api/reports", org.token, json={"monthly": True})
    assert refused.status_code == 409
    assert "PROMPTLY_SMTP_URL" in refused.text
    assert (await auth.call("GET", "/api/reports", org.token)).json() == off


async def test_the_preview_is_what_is_sent(auth: Auth) -> None:
    org = await auth.new_org()
    await auth.bus.serve(BREAKDOWN, _breakdown)
    await auth.bus.serve(EXPERIMENT, _experiment)
    shown = (await auth.call("GET", "/api/reports/preview", org.token, params={"period": "week"})).json()
    assert shown["text"].startswith("My Company: ")
    assert "gpt-4o" in shown["html"]
    assert datetime.fromisoformat(shown["to"]) - datetime.fromisoformat(shown["from"]) == timedelta(days=7)
    assert (await auth.call("GET", "/api/reports/preview", org.token, params={"period": "year"})).status_code == 400


async def test_two_copies_send_each_report_once(auth: Auth, box: Mailbox) -> None:
    org = await auth.new_org()
    clock, bus = ManualClock(datetime(2026, 11, 30, 12, tzinfo=UTC)), await _bus()
    async with connect(auth.settings.database_url) as one, connect(auth.settings.database_url) as other:
        copies = [Reports(unit_of_work(place), bus, _mailer(box), LINKS, clock) for place in (one, other)]
        await copies[0].choose(_caller(org), {"month": True, "week": False})
        assert await copies[0].chosen(_caller(org)) == {"month"}
        await asyncio.gather(*(copy.send_due() for copy in copies))
        assert box.messages == []  # the month goes on
        _to(clock, datetime(2026, 12, 1, 6, tzinfo=UTC))
        await asyncio.gather(*(copy.send_due() for copy in copies for _ in range(3)))
        await copies[1].send_due()
        (mail,) = box.messages
        assert mail["to"] == org.email
        assert mail["subject"] == "[Promptly] My Company: November 2026, $2.00"
        assert mail["message-id"] == f"<month.20261101.{org.user_id}@promptly>"
        assert [part.get_content_type() for part in mail.walk()][1:] == ["text/plain", "text/html"]
        _to(clock, datetime(2027, 1, 1, 6, tzinfo=UTC))
        await copies[0].send_due()
        assert len(box.messages) == 2
        await copies[0].choose(_caller(org), {"month": False, "week": False})
        _to(clock, datetime(2027, 2, 1, 6, tzinfo=UTC))
        await copies[0].send_due()
        assert len(box.messages) == 2


async def test_what_fails_is_tried_again_and_given_up_in_time(auth: Auth, box: Mailbox) -> None:
    org = await auth.new_org()
    clock, bus = ManualClock(datetime(2026, 11, 29, 12, tzinfo=UTC)), await _bus()
    async with connect(auth.settings.database_url) as database:
        reports = Reports(unit_of_work(database), bus, _mailer(box), LINKS, clock)
        away = Reports(unit_of_work(database), MemoryBus(), _mailer(box), LINKS, clock)
        await reports.choose(_caller(org), {"week": True})
        _to(clock, datetime(2026, 11, 30, 6, tzinfo=UTC))
        await away.send_due()  # analytics is away
        box.refuses = True
        clock.advance(120)
        await reports.send_due()
        box.refuses = False
        await reports.send_due()  # not due yet
        assert box.messages == []
        clock.advance(360)
        await reports.send_due()
        assert [mail["to"] for mail in box.messages] == [org.email]
        box.messages.clear()
        box.refuses = True
        _to(clock, datetime(2026, 12, 7, 6, tzinfo=UTC))
        for _ in range(10):
            await reports.send_due()
            clock.advance(5 * 3600)
        box.refuses = False
        await reports.send_due()
        assert box.messages == []  # it was given up, the next week's comes
        _to(clock, datetime(2026, 12, 14, 6, tzinfo=UTC))
        await reports.send_due()
        assert len(box.messages) == 1
        await reports.choose(_caller(org), {"week": False})


async def test_nobody_but_an_admin_is_written_to(auth: Auth, box: Mailbox) -> None:
    org = await auth.new_org()
    clock, bus = ManualClock(datetime(2026, 11, 29, 12, tzinfo=UTC)), await _bus()
    async with connect(auth.settings.database_url) as database:
        uow = unit_of_work(database)
        reports = Reports(uow, bus, _mailer(box), LINKS, clock)
        await reports.choose(_caller(org), {"week": True})
        async with uow() as tx:
            await tx.accounts.set_role(org.id, org.user_id, "member")
        _to(clock, datetime(2026, 11, 30, 6, tzinfo=UTC))
        await reports.send_due()
        assert box.messages == []
        async with uow() as tx:
            await tx.accounts.set_role(org.id, org.user_id, "admin")
            await tx.accounts.suspend(org.id, org.user_id, clock.now())
        await reports.send_due()
        assert box.messages == []
        async with uow() as tx:
            await tx.accounts.remove(org.id, org.user_id)  # nothing of theirs holds them
        with pytest.raises(Conflict):
            await Reports(uow, bus, NullMailer(), LINKS, clock).choose(_caller(org), {"week": True})
