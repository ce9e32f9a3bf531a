"""When reports are due, and what they say."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from libs.common.contracts.analytics import Breakdown, BreakdownRow, Use
from libs.common.contracts.experiments import ExperimentResults, MeasuredInterval
from services.auth.reports.domain.report import DIMENSIONS, Figures, html_of, report, text_of
from services.auth.reports.domain.schedule import ReportPeriod, Span, last_span, next_due, retry_after

NOTHING = ExperimentResults(
    status="not_enough",
    measured=None,
    estimated=None,
    conversations_treated=0,
    conversations_control=0,
    unpriced=0,
    mixed=0,
    quality=(),
)
SPAN = Span(start=datetime(2026, 10, 1, tzinfo=UTC), end=datetime(2026, 11, 1, tzinfo=UTC))


def _use(cost: int, baseline: int, **more: int) -> Use:
    return Use(requests=10, cost_nano=cost, baseline_cost_nano=baseline, **more)


def _figures(**changes: Any) -> Figures:
    row = BreakdownRow(
        values=("id_1",), use=_use(3_000_000_000, 5_000_000_000), previous=_use(2_000_000_000, 2_000_000_000)
    )
    found = Breakdown(
        rows=(row,),
        other=Use(),
        without=_use(1_500_000, 1_500_000),
        total=_use(3_001_500_000, 5_001_500_000),
        previous_total=_use(6_000_000_000, 6_000_000_000),
    )
    fields: dict[str, Any] = {
        "organization": "Northwind",
        "period": "month",
        "span": SPAN,
        "breakdowns": dict.fromkeys(DIMENSIONS, found),
        "names": {"id_1": "Research"},
        "experiment": NOTHING,
    }
    return Figures(**{**fields, **changes})


@pytest.mark.parametrize(
    ("period", "now", "start", "end", "due"),
    [
        ("month", "2026-11-30T23:59", "2026-10-01", "2026-11-01", "2026-12-01T06:00"),
        ("month", "2026-12-01T06:00", "2026-11-01", "2026-12-01", "2027-01-01T06:00"),
        ("month", "2024-03-31T12:00", "2024-02-01", "2024-03-01", "2024-04-01T06:00"),
        ("month", "2027-01-01T00:00", "2026-12-01", "2027-01-01", "2027-02-01T06:00"),
        ("week", "2026-11-29T23:59", "2026-11-16", "2026-11-23", "2026-11-30T06:00"),
        ("week", "2026-11-30T00:00", "2026-11-23", "2026-11-30", "2026-12-07T06:00"),
        ("week", "2027-01-02T12:00", "2026-12-21", "2026-12-28", "2027-01-04T06:00"),
    ],
)
def test_a_report_is_about_the_last_whole_period(
    period: ReportPeriod, now: str, start: str, end: str, due: str
) -> None:
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    span = last_span(period, at)
    assert (f"{span.start:%Y-%m-%d}", f"{span.end:%Y-%m-%d}") == (start, end)
    assert next_due(period, at) == datetime.fromisoformat(due).replace(tzinfo=UTC)


def test_tries_end_before_the_next_report_is_due() -> None:
    pauses: list[timedelta] = []
    while (pause := retry_after(len(pauses) + 1)) is not None:
        pauses.append(pause)
    assert sum(pauses, timedelta()) < timedelta(hours=18)


def test_it_says_spend_and_savings_with_measured_and_estimated_apart() -> None:
    text = text_of(report(_figures(), "https://p.example/organization"))
    lines = {line.split("  ")[1]: " ".join(line.split()) for line in text.splitlines() if line.startswith("  ")}
    assert text.startswith("Northwind: October 2026\n")
    assert lines["Spend"] == "Spend $3.00 −50 %"
    assert lines["Saved, measured"] == "Saved, measured – no holdout ran, so nothing was measured"
    assert lines["Saved, estimated"].startswith("Saved, estimated $2.00 40 % of what")
    assert lines["Research"] == "Research $3.00 +50 %"
    assert lines["No team"] == "No team $0.0015"
    assert "https://p.example/organization" in text
    assert "Without a known price" not in text


def test_a_measured_figure_has_its_interval() -> None:
    measured = MeasuredInterval(value=0.23, low=0.2, high=0.26, always_valid_low=0.16, always_valid_high=0.3)
    experiment = msgspec.structs.replace(NOTHING, status="measured", measured=measured, conversations_control=40)
    assert "23 %  of the cost, between 16 % and 30 % at 95 %" in text_of(report(_figures(experiment=experiment), "x"))
    few = msgspec.structs.replace(NOTHING, conversations_control=3)
    assert "it takes thirty on each side" in text_of(report(_figures(experiment=few), "x"))


def test_a_period_without_requests_and_unknown_prices_are_told() -> None:
    none = Breakdown(rows=(), other=Use(), without=Use(), total=Use(), previous_total=Use())
    text = text_of(report(_figures(breakdowns=dict.fromkeys(DIMENSIONS, none)), "x"))
    assert text.count("No requests") == 3
    unpriced = msgspec.structs.replace(none, total=Use(requests=4, unpriced_requests=4))
    assert "Without a known price" in text_of(report(_figures(breakdowns=dict.fromkeys(DIMENSIONS, unpriced)), "x"))


def test_what_users_wrote_is_neither_markup_nor_a_line() -> None:
    name = '<img src="https://evil.example">\r\nBcc: x' + "y" * 200
    found = report(_figures(organization=name, names={"id_1": name}), "https://p.example/organization")
    html, text = html_of(found), text_of(found)
    assert "<img" not in html
    assert "&lt;img" in html
    assert "\nBcc" not in text
    assert "\n" not in found.subject
    assert max(map(len, text.splitlines())) < 200


def test_a_week_is_named_by_its_days() -> None:
    week = Span(start=datetime(2026, 11, 23, tzinfo=UTC), end=datetime(2026, 11, 30, tzinfo=UTC))
    assert report(_figures(period="week", span=week), "x").title == "Northwind: 2026-11-23 to 2026-11-29"
