"""Entries of the request log as CSV (RFC 4180). No cell can be taken for a formula by a spreadsheet."""

import csv
import io
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from libs.common.contracts.events import CompletionFinished
from libs.common.money import NANO
from services.auth.schemas import iso_ms

COLUMNS: Final = (
    *("id", "time", "key_id", "user", "kind", "stream", "status", "status_code", "error_code", "tags"),
    *("baseline_model", "routed_model", "served_model", "provider", "tier", "rule_id"),
    *("original_tokens", "optimized_tokens", "input_tokens", "cached_input_tokens", "output_tokens"),
    *("baseline_cost_usd", "cost_usd", "savings_usd", "estimated", "price_version"),
    *("cache", "cache_similarity", "latency_ms", "overhead_ms", "provider_ms", "first_byte_ms", "fallback_used"),
    *("client", "session", "stop", "dropped", "unpriced", "team_id"),
)
# At the beginning of a cell, and also behind what a spreadsheet of another country may take for the end of one. Some read the
# wide signs like the others.
_FORMULA: Final = re.compile(r'(^|[;\t\r\n])(?=[\s"]*[=+\-@|%\uff1d\uff0b\uff0d\uff20])')


def header() -> str:
    """The first line."""
    return csv_text([COLUMNS])


def lines(entries: Iterable[CompletionFinished]) -> str:
    """A line for each entry. Times are ISO 8601, money is dollars to the last nano-dollar, what is unknown is empty."""
    return csv_text(_cells(entry) for entry in entries)


def _cells(entry: CompletionFinished) -> tuple[str | int | float | Decimal | None, ...]:
    baseline, cost = entry.baseline_cost_nano, entry.actual_cost_nano
    saved = baseline - cost if baseline is not None and cost is not None else None
    return (
        *(entry.id, iso_ms(entry.time_ms), entry.key_id, cell(entry.end_user), entry.kind, _flag(entry.stream)),
        *(entry.status, entry.status_code, cell(entry.error_code)),
        cell(" ".join(f"{name}={value}" for name, value in entry.tags.items())),
        *(cell(entry.baseline_model), cell(entry.routed_model), cell(entry.served_model), cell(entry.provider)),
        *(entry.tier, entry.rule_id, entry.original_tokens, entry.optimized_tokens, entry.tokens.input),
        *(entry.tokens.cache_read, entry.tokens.output, dollars(baseline), dollars(cost), dollars(saved)),
        *(_flag(entry.estimated), cell(entry.price_version), entry.cache, entry.cache_similarity),
        *(entry.latency_ms, entry.overhead_ms, entry.provider_ms, entry.first_byte_ms, _flag(entry.fallback_used)),
        *(cell(entry.client), entry.session, cell(entry.stop), cell(" ".join(entry.dropped))),
        *(cell(" ".join(entry.unpriced)), entry.team_id),
    )


def cell(value: str | None) -> str | None:
    """Text of a client or a provider: an apostrophe keeps a spreadsheet from running it."""
    return value and _FORMULA.sub(r"\1'", value)


def _flag(value: bool) -> str:
    return "true" if value else "false"


def dollars(nano: int | None) -> str | None:
    """Dollars to the last nano-dollar; None stays None."""
    return None if nano is None else f"{Decimal(nano) / NANO:.9f}"


def csv_text(rows: Iterable[Iterable[object]]) -> str:
    """Rows as CSV, without a header of its own."""
    written = io.StringIO(newline="")
    csv.writer(written).writerows(rows)
    return written.getvalue()
