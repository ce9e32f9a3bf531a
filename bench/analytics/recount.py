"""The same figures, counted again from every single row in plain SQL, and what differs."""

import math
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.contracts.analytics import (
    Breakdown,
    BreakdownQuery,
    Levers,
    Models,
    Overview,
    Period,
    SavingsPoint,
    SavingsSeries,
    Use,
)
from libs.common.latency import GROWTH

TOLERANCE: Final = math.sqrt(math.exp(GROWTH)) - 1 + 1e-9
_WHERE: Final = "org_id = :org_id AND at >= to_timestamp(:from_ms / 1000.0) AND at < to_timestamp(:to_ms / 1000.0) AND kind <> 'optimize'"
_PRICED: Final = "baseline_cost_nano IS NOT NULL AND actual_cost_nano IS NOT NULL"
_MONEY: Final = f"""
    coalesce(sum(actual_cost_nano) FILTER (WHERE {_PRICED}), 0)::bigint AS cost,
    coalesce(sum(baseline_cost_nano) FILTER (WHERE {_PRICED}), 0)::bigint AS baseline
"""
_OVERVIEW: Final = f"""
    SELECT count(*) AS total, count(*) FILTER (WHERE status = 'success') AS success,
        count(*) FILTER (WHERE status = 'fallback') AS fallback, count(*) FILTER (WHERE status = 'cached') AS cached,
        count(*) FILTER (WHERE status = 'error') AS error, count(*) FILTER (WHERE status = 'cancelled') AS cancelled,
        count(*) FILTER (WHERE cache = 'exact') AS exact, count(*) FILTER (WHERE cache = 'semantic') AS semantic,
        coalesce(sum(original_tokens), 0) AS original, coalesce(sum(optimized_tokens), 0) AS optimized,
        coalesce(sum(output_text + output_reasoning), 0) AS output,
        count(*) FILTER (WHERE NOT ({_PRICED})) AS unpriced, {_MONEY},
        percentile_disc(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY latency_ms) AS latency,
        percentile_disc(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY overhead_ms) AS overhead,
        percentile_disc(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY provider_ms) AS provider,
        percentile_disc(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY CASE WHEN stream THEN first_byte_ms END) AS first_byte
    FROM analytics.requests WHERE {_WHERE}
"""
_SERIES: Final = f"""
    SELECT (extract(epoch FROM date_trunc(:step, at, 'UTC')) * 1000)::bigint AS time, count(*) AS requests,
        sum(original_tokens - optimized_tokens)::bigint AS saved, {_MONEY}
    FROM analytics.requests WHERE {_WHERE} GROUP BY 1 ORDER BY 1
"""
_MODELS: Final = f"""
    SELECT coalesce(served_model, routed_model) AS model, provider, count(*) AS requests, {_MONEY},
        sum(uncached_input + cache_read + cache_write_5m + cache_write_1h)::bigint AS input,
        sum(output_text + output_reasoning)::bigint AS output,
        percentile_disc(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY latency_ms) AS latency
    FROM analytics.requests WHERE {_WHERE} GROUP BY 1, 2
"""
_LEVERS: Final = f"""
    SELECT line ->> 'lever' AS lever, sum((line ->> 'tokens')::bigint)::bigint AS tokens,
        coalesce(sum((line ->> 'nano_usd')::bigint) FILTER (WHERE {_PRICED}), 0)::bigint AS saved
    FROM analytics.requests, jsonb_array_elements(levers) AS line WHERE {_WHERE} GROUP BY 1
"""

# A dimension, and where the log has it.
_DIMENSIONS: Final = {
    "key": "key_id",
    "endpoint": "kind",
    "model": "coalesce(served_model, routed_model)",
    "provider": "coalesce(provider, '')",
    "user": "end_user",
    "client": "client",
    "error": "CASE status WHEN 'error' THEN error_code END",
}
_USE: Final = f"""
    count(*) AS requests, count(*) FILTER (WHERE status = 'error') AS errors,
    coalesce(sum(uncached_input + cache_read + cache_write_5m + cache_write_1h), 0)::bigint AS input,
    coalesce(sum(output_text + output_reasoning), 0)::bigint AS output, {_MONEY}
"""

Count = Callable[[str, Mapping[str, Any]], Awaitable[list[Any]]]


def counting(tx: AsyncConnection) -> Count:
    """Asks within a transaction."""

    async def count(statement: str, values: Mapping[str, Any]) -> list[Any]:
        return list(await tx.execute(text(statement), values))

    return count


async def overview_differs(count: Count, period: Period, found: Overview) -> list[str]:
    """Names of what is not as counted; percentiles may be off by the sketch's two percent."""
    [row] = await count(_OVERVIEW, _values(period))
    latency = found.latency_ms
    exact = {
        "total": (found.requests.total, row.total),
        "success": (found.requests.success, row.success),
        "fallback": (found.requests.fallback, row.fallback),
        "cached": (found.requests.cached, row.cached),
        "error": (found.requests.error, row.error),
        "cancelled": (found.requests.cancelled, row.cancelled),
        "exact_hits": (found.cache.exact_hits, row.exact),
        "semantic_hits": (found.cache.semantic_hits, row.semantic),
        "original": (found.tokens.original, row.original),
        "optimized": (found.tokens.optimized, row.optimized),
        "output": (found.tokens.output, row.output),
        "unpriced": (found.unpriced_requests, row.unpriced),
        "cost": (found.cost_nano, row.cost),
        "baseline": (found.baseline_cost_nano, row.baseline),
    }
    shown = [latency.p50, latency.p95, latency.p99, latency.overhead_p50, latency.overhead_p95]
    shown += [latency.provider_p50, latency.provider_p95, latency.first_byte_p50, latency.first_byte_p95]
    parts = (row.overhead, row.provider, row.first_byte)
    counted = [*(row.latency or [None] * 3), *(one for part in parts for one in part or [None] * 2)]
    pairs = zip(shown, counted, strict=True)
    return [*_unequal(exact), *(f"percentile {place}" for place, pair in enumerate(pairs) if not _near(*pair))]


async def savings_differ(count: Count, period: Period, step: str, found: SavingsSeries) -> list[str]:
    """Names of the points that are not as counted."""
    rows = await count(_SERIES, {**_values(period), "step": step})
    counted = tuple(
        SavingsPoint(
            time_ms=row.time,
            requests=row.requests,
            cost_nano=row.cost,
            baseline_cost_nano=row.baseline,
            savings_nano=row.baseline - row.cost,
            tokens_saved=row.saved,
        )
        for row in rows
    )
    return [] if counted == found.points else [f"{step} points"]


async def models_differ(count: Count, period: Period, found: Models) -> list[str]:
    """Names of the models that are not as counted."""
    rows = {(row.model, row.provider): row for row in await count(_MODELS, _values(period))}
    differ = ["models"] if rows.keys() != {(use.model, use.provider) for use in found.models} else []
    for use in found.models if not differ else ():
        row = rows[use.model, use.provider]
        pairs = {
            "requests": (use.requests, row.requests),
            "tokens": ((use.input_tokens, use.output_tokens), (row.input, row.output)),
            "money": ((use.cost_nano, use.savings_nano), (row.cost, row.baseline - row.cost)),
            "latency": (
                all(map(_near, (use.latency_p50_ms, use.latency_p95_ms, use.latency_p99_ms), row.latency)),
                True,
            ),
        }
        differ += [f"{use.model} {name}" for name in _unequal(pairs)]
    return differ


async def levers_differ(count: Count, period: Period, found: Levers) -> list[str]:
    """Names of the levers that are not as counted."""
    counted = {row.lever: (row.tokens, row.saved) for row in await count(_LEVERS, _values(period))}
    shown = {use.lever: (use.tokens_saved, use.savings_nano) for use in found.levers}
    total = sum(saved for _, saved in counted.values())
    return list(_unequal({"levers": (shown, counted), "total": (found.total_nano, total)}))


async def breakdown_differs(count: Count, asked: BreakdownQuery, found: Breakdown) -> list[str]:
    """Whether a breakdown without a limit that matters is not as counted: its rows, their days (UTC) and the total."""
    columns = [_DIMENSIONS.get(name, f"tags ->> '{name.removeprefix('tag:')}'") for name in asked.by]
    names, period = ", ".join(f"{column} AS v{place}" for place, column in enumerate(columns)), _values(asked)
    there = " AND ".join(f"{column} IS NOT NULL" for column in columns)
    where = f"FROM analytics.requests WHERE {_WHERE} AND {there}"
    groups = ", ".join(f"v{place}" for place in range(len(columns)))
    day = "(extract(epoch FROM date_trunc('day', at, 'UTC')) * 1000)::bigint AS day"
    whole = {
        row[: len(columns)]: row[len(columns) :]
        for row in await count(f"SELECT {names}, {_USE} {where} GROUP BY {groups}", period)
    }
    days = {
        (row[1 : 1 + len(columns)], row[0]): row[1 + len(columns) :]
        for row in await count(f"SELECT {day}, {names}, {_USE} {where} GROUP BY day, {groups}", period)
    }
    [total] = await count(f"SELECT {_USE} FROM analytics.requests WHERE {_WHERE}", period)
    pairs: dict[str, tuple[Any, Any]] = {
        "rows": ({row.values: _use(row.use) for row in found.rows}, whole),
        "total": (_use(found.total), tuple(total)),
    }
    if asked.interval == "day":
        pairs["days"] = ({(row.values, at.time_ms): _use(at.use) for row in found.rows for at in row.points}, days)
    return [f"{'+'.join(asked.by)} {name}" for name in _unequal(pairs)]


def _use(use: Use) -> tuple[int, ...]:
    return (
        use.requests,
        use.errors,
        use.input_tokens,
        use.output_tokens,
        use.cost_nano,
        use.baseline_cost_nano,
    )


def _values(period: Period | BreakdownQuery) -> dict[str, Any]:
    return {"org_id": period.org_id, "from_ms": period.from_ms, "to_ms": period.to_ms}


def _unequal(pairs: Mapping[str, tuple[Any, Any]]) -> Iterator[str]:
    return (name for name, (found, counted) in pairs.items() if found != counted)


def _near(found: float | None, counted: float | None) -> bool:
    if found is None or counted is None:
        return found == counted
    return abs(found / counted - 1) <= TOLERANCE
