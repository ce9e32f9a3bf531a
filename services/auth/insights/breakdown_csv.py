"""A breakdown as CSV, as finance departments take it: a line for each row and interval, then what the rows leave out, then the total."""

from collections.abc import Iterator, Mapping

from libs.common.contracts.analytics import Breakdown, BreakdownQuery, Use
from services.auth.insights.log_csv import cell, csv_text, dollars
from services.auth.schemas import iso_ms

_SUMS = ("requests", "errors", "cached", "input_tokens", "output_tokens")
_MONEY = ("baseline_cost_usd", "cost_usd", "savings_usd", "unpriced_requests")
_NAMED = ("key", "team")
_Cells = tuple[object, ...]


def text(asked: BreakdownQuery, found: Breakdown, names: Mapping[str, str]) -> str:
    """The whole file. Times are ISO 8601, money is dollars to the last nano-dollar. A line without a time is a row's whole period. Keys
    and teams have their names beside them, as far as `names` has those by their ids.
    """
    head = ("time", *asked.by, *(f"{name}_name" for name in _NAMED if name in asked.by), *_SUMS, *_MONEY)
    return csv_text([head, *_lines(asked, found, names)])


def _lines(asked: BreakdownQuery, found: Breakdown, names: Mapping[str, str]) -> Iterator[_Cells]:
    named = [asked.by.index(name) for name in _NAMED if name in asked.by]
    for row in found.rows:
        values = (*map(cell, row.values), *(cell(names.get(row.values[at])) for at in named))
        for point in row.points:
            yield iso_ms(point.time_ms), *values, *_cells(point.use)
        if not row.points:
            yield None, *values, *_cells(row.use)
    blanks = (None,) * (len(asked.by) - 1 + len(named))
    for title, use in (("(other)", found.other), ("(none)", found.without), ("(total)", found.total)):
        if use.requests or title == "(total)":
            yield None, title, *blanks, *_cells(use)


def _cells(use: Use) -> _Cells:
    saved = use.baseline_cost_nano - use.cost_nano
    money = map(dollars, (use.baseline_cost_nano, use.cost_nano, saved))
    return use.requests, use.errors, use.cached, use.input_tokens, use.output_tokens, *money, use.unpriced_requests
