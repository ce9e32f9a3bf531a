"""What a report says: its lines, made once, and written as plain text and as HTML."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from html import escape
from typing import Final

import msgspec

from libs.common.contracts.analytics import Breakdown, Use
from libs.common.contracts.experiments import ExperimentResults
from libs.common.money import NANO, written
from services.auth.reports.domain.schedule import ReportPeriod, Span

DIMENSIONS: Final = ("team", "key", "model")
TOP: Final = 5
_LONGEST: Final = 60  # characters of a name


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What a report is made of. `breakdowns` are by the dimensions, each beside the period before; `names` those of keys and teams by
    their ids.
    """

    organization: str
    period: ReportPeriod
    span: Span
    breakdowns: Mapping[str, Breakdown]
    names: Mapping[str, str]
    experiment: ExperimentResults


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """Lines of a report below a heading; each has a label, an amount and a note."""

    heading: str
    lines: tuple[tuple[str, str, str], ...]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A report, in words."""

    subject: str
    title: str
    tables: tuple[Table, ...]
    footer: tuple[str, ...]


def report(figures: Figures, page: str) -> Report:
    """The report; `page` is where its reader can end it."""
    whole = figures.breakdowns[DIMENSIONS[0]]
    total, before = whole.total, whole.previous_total or Use()
    days = _days(figures)
    title = f"{_line(figures.organization)}: {days}"
    tables = (
        Table(heading="Sums", lines=tuple(_sums(total, before, figures.experiment))),
        *(
            Table(heading=f"Spend by {name}", lines=tuple(_rows(name, figures.breakdowns[name], figures.names)))
            for name in DIMENSIONS
        ),
    )
    footer = (
        f"Days are UTC. Changes are against the {figures.period} before.",
        f"You get this because you asked for it in Promptly's dashboard. It can be ended there: {page}",
    )
    return Report(subject=f"[Promptly] {title}, {_dollars(total.cost_nano)}", title=title, tables=tables, footer=footer)


def text_of(found: Report) -> str:
    """As plain text."""
    lines = [found.title]
    for table in found.tables:
        labels = max((len(label) for label, _, _ in table.lines), default=0)
        amounts = max((len(amount) for _, amount, _ in table.lines), default=0)
        lines += ["", table.heading]
        lines += [f"  {label:<{labels}}  {amount:>{amounts}}  {note}".rstrip() for label, amount, note in table.lines]
    return "\n".join([*lines, "", *found.footer]) + "\n"


def html_of(found: Report) -> str:
    """As HTML that mail programs show: tables and no style sheet, nothing that is fetched. What users wrote is text."""
    parts = [f"<h1>{escape(found.title)}</h1>"]
    for table in found.tables:
        rows = "".join(
            f'<tr><td>{escape(label)}</td><td align="right">{escape(amount)}</td><td>{escape(note)}</td></tr>'
            for label, amount, note in table.lines
        )
        parts.append(f'<h2>{escape(table.heading)}</h2><table cellpadding="4">{rows}</table>')
    parts += [f"<p>{escape(line)}</p>" for line in found.footer]
    return f'<!doctype html><html lang="en"><body>{"".join(parts)}</body></html>'


def _sums(total: Use, before: Use, experiment: ExperimentResults) -> Iterator[tuple[str, str, str]]:
    saved = total.baseline_cost_nano - total.cost_nano
    share = f"{_percent(saved / total.baseline_cost_nano)} of " if total.baseline_cost_nano > 0 else ""
    yield "Spend", _dollars(total.cost_nano), _change(total.cost_nano, before.cost_nano)
    yield "Saved, measured", *_measured(experiment)
    yield "Saved, estimated", _dollars(saved), f"{share}what the same requests would have cost by price lists"
    yield "Requests", f"{total.requests:,}", _change(total.requests, before.requests)
    if total.unpriced_requests:
        yield "Without a known price", f"{total.unpriced_requests:,}", "requests, which no sum of money has"


def _measured(experiment: ExperimentResults) -> tuple[str, str]:
    """Against the conversations held out, as a share of the cost; never mixed with what is estimated."""
    measured = experiment.measured
    if measured is not None:
        low, high = _percent(measured.always_valid_low), _percent(measured.always_valid_high)
        return _percent(
            measured.value
        ), f"of the cost, between {low} and {high} at 95 %, by conversations with levers and without"
    if experiment.conversations_control == 0:
        return "–", "no holdout ran, so nothing was measured"
    return "–", "not enough conversations: it takes thirty on each side"


def _rows(dimension: str, found: Breakdown, names: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    for row in found.rows:
        (value,) = row.values
        before = row.previous or Use()
        label = _line(names.get(value, value))
        yield label, _dollars(row.use.cost_nano), _change(row.use.cost_nano, before.cost_nano)
    for label, use in (("All others", found.other), (f"No {dimension}", found.without)):
        if use.requests:
            yield label, _dollars(use.cost_nano), ""
    if not found.total.requests:
        yield "No requests", "", ""


def _change(now: int, before: int) -> str:
    """More or less than before, as a share of that."""
    if before == 0:
        return "new" if now else ""
    share = (now - before) / before
    return f"{'+' if share > 0 else '−' if share < 0 else ''}{_percent(abs(share))}"


def _days(figures: Figures) -> str:
    start, last = figures.span.start, figures.span.end - timedelta(days=1)
    return f"{start:%B %Y}" if figures.period == "month" else f"{start:%Y-%m-%d} to {last:%Y-%m-%d}"


def _dollars(nano: int) -> str:
    """To the cent; what is less than one in full."""
    cents = (abs(nano) * 100 + NANO // 2) // NANO
    if nano and not cents:
        return written(nano)
    return f"{'-' if nano < 0 else ''}${cents // 100:,}.{cents % 100:02}"


def _percent(share: float) -> str:
    return f"{100 * share:,.1f}".removesuffix(".0") + " %"


def _line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
