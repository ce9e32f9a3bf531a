"""How rows of the log add up: said once, for the sums that are kept and for those taken from the log itself."""
# ruff: noqa: S608  # put together from constants; every value is bound

from collections.abc import Iterable
from typing import Final

from libs.common.latency import FIRST, GROWTH, LAST, SHORTEST_MS

HOUR: Final = "date_trunc('hour', at, 'UTC')"
DAY: Final = "date_trunc('day', at, 'UTC')"
MODEL: Final = "coalesce(served_model, routed_model)"
PROVIDER: Final = "coalesce(provider, '')"
_MOST: Final = 9 * 10**18
_PRICED: Final = "baseline_cost_nano IS NOT NULL AND actual_cost_nano IS NOT NULL"

# Calls of the optimize API ask no model and cost nothing; the log has them, figures do not.
COUNTED: Final = "kind <> 'optimize'"
# What the whole hours of a period leave of it: rows of the log at both ends.
ENDS: Final = f"""(
    SELECT * FROM analytics.requests WHERE org_id = :org_id AND at >= :start AND at < :head AND {COUNTED}
    UNION ALL SELECT * FROM analytics.requests WHERE org_id = :org_id AND at >= :tail AND at < :end AND {COUNTED}
) AS ends"""
# Column of analytics.hours, and what it counts.
REQUESTS: Final = {
    "requests": "count(*)",
    "success": "count(*) FILTER (WHERE status = 'success')",
    "fallback": "count(*) FILTER (WHERE status = 'fallback')",
    "cached": "count(*) FILTER (WHERE status = 'cached')",
    "error": "count(*) FILTER (WHERE status = 'error')",
    "cancelled": "count(*) FILTER (WHERE status = 'cancelled')",
    "exact_hits": "count(*) FILTER (WHERE cache = 'exact')",
    "semantic_hits": "count(*) FILTER (WHERE cache = 'semantic')",
    "original_tokens": "sum(original_tokens)",
    "optimized_tokens": "sum(optimized_tokens)",
    "input_tokens": "sum(uncached_input + cache_read + cache_write_5m + cache_write_1h)",
    "output_tokens": "sum(output_text + output_reasoning)",
    "cost_nano": f"coalesce(sum(actual_cost_nano) FILTER (WHERE {_PRICED}), 0)",
    "baseline_nano": f"coalesce(sum(baseline_cost_nano) FILTER (WHERE {_PRICED}), 0)",
    "unpriced": f"count(*) FILTER (WHERE NOT ({_PRICED}))",
}
# Column of analytics.dimension_hours and analytics.label_hours, and what it counts.
USES: Final = {
    "requests": "count(*)",
    "errors": "count(*) FILTER (WHERE status = 'error')",
    "cached": "count(*) FILTER (WHERE status = 'cached')",
    "input_tokens": REQUESTS["input_tokens"],
    "output_tokens": REQUESTS["output_tokens"],
    "tokens_saved": "sum(original_tokens - optimized_tokens)",
    "cost_nano": REQUESTS["cost_nano"],
    "baseline_cost_nano": REQUESTS["baseline_nano"],
    "unpriced_requests": REQUESTS["unpriced"],
}
# A line for each name that a request carries: its end user, its team, its client program, the code of its error, its tags.
LABEL_LINES: Final = """LATERAL (
    SELECT 'user' AS label, end_user AS value WHERE end_user IS NOT NULL
    UNION ALL SELECT 'team', team_id WHERE team_id IS NOT NULL
    UNION ALL SELECT 'client', client WHERE client IS NOT NULL
    UNION ALL SELECT 'error', error_code WHERE status = 'error' AND error_code IS NOT NULL
    UNION ALL SELECT 'tag:' || tag.key, tag.value FROM jsonb_each_text(tags) AS tag
) AS labelled"""
# Column of analytics.lever_hours, over the lines of the receipts.
LEVERS: Final = {
    "requests": "count(*) FILTER (WHERE tokens <> 0 OR nano_usd <> 0)",
    "tokens": "sum(tokens)",
    "nano": f"coalesce(sum(nano_usd) FILTER (WHERE {_PRICED}), 0)",
}
LEVER_LINES: Final = "jsonb_to_recordset(levers) AS line(lever text, tokens bigint, nano_usd bigint)"

# The latencies that are kept as counts by bucket, under their names in a sketch, and where the log has them.
LATENCIES: Final = {
    "total": "latency_ms",
    "overhead": "overhead_ms",
    "provider": "provider_ms",
    "first_byte": "(CASE WHEN stream THEN first_byte_ms END)",  # of an answer in one piece it says nothing of its own
}


def _bucket(column: str) -> str:
    number = f"ceil(ln(greatest({column}, {SHORTEST_MS})) / CAST({GROWTH!r} AS double precision))"
    return f"CAST(least(greatest({number}, {FIRST}), {LAST}) AS smallint)"


# A line for each latency of a row: its bucket, and a one under its name.
LATENCY_LINES: Final = "LATERAL (VALUES {}) AS timed (bucket, {})".format(
    ", ".join(
        f"(CASE WHEN {column} IS NOT NULL THEN {_bucket(column)} END, "
        + ", ".join(str(int(other == name)) for other in LATENCIES)
        + ")"
        for name, column in LATENCIES.items()
    ),
    ", ".join(f"{name}_count" for name in LATENCIES),
)
LATENCY_COUNTS: Final = ", ".join(f"sum({name}_count)::integer AS {name}_count" for name in LATENCIES)


def kept(sums: str) -> str:
    """A sum as a bigint. It stops at the largest: beyond that it would fail, and with it the rows of everybody else."""
    return f"CAST(least(greatest({sums}, -{_MOST}), {_MOST}) AS bigint)"


def select(sums: dict[str, str]) -> str:
    """The sums as a select list, each under its column's name."""
    return ", ".join(f"{kept(sql)} AS {name}" for name, sql in sums.items())


def added(table: str, sums: dict[str, str]) -> str:
    """The assignments that add a new row's sums to those of `table`."""
    return ", ".join(f"{name} = {kept(f'CAST({table}.{name} AS numeric) + excluded.{name}')}" for name in sums)


def again(sums: Iterable[str]) -> str:
    """The sums of sums as a select list."""
    return ", ".join(f"{kept(f'coalesce(sum({name}), 0)')} AS {name}" for name in sums)
