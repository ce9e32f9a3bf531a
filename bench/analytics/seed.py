"""A request log of any size, made inside Postgres."""

import math
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.analytics.domain.periods import week_end, week_of
from services.analytics.store.partitions import SqlPartitions
from services.analytics.store.rollups import rollups

DAYS: Final = 60
LARGEST: Final = "org_0"
RARE_KEY, RARE_MODEL = "key_rare", "gpt-4-rare"

# Organizations differ in size: half of the rows are the largest one's. Every thousandth row is of a rare model and key,
# three in a hundred have no price, and times of day are uneven. A key belongs to one team and has two features and fifty users.
_ROWS: Final = """
    INSERT INTO analytics.requests (
        org_id, at, id, received_at, key_id, kind, status, status_code, tags, time_ms, baseline_model, routed_model,
        served_model, provider, tier, uncached_input, cache_read, cache_write_5m, cache_write_1h, output_text,
        output_reasoning, original_tokens, optimized_tokens, levers, baseline_cost_nano, actual_cost_nano, estimated,
        cache, latency_ms, overhead_ms, provider_ms, degraded, fallback_used, stream, first_byte_ms, error_code, end_user{client}
    )
    SELECT (CAST(:orgs AS text[]))[1 + floor(CAST(:many AS float8) * power(chance[1], CAST(:skew AS float8)))::int], at,
        'req_' || lpad(to_hex(ms), 12, '0') || '7' || substr(md5(n::text), 1, 3) || '8' || substr(md5(n::text), 4, 15),
        at, CASE WHEN rare THEN CAST(:rare_key AS text) ELSE 'key_' || floor(20 * chance[2]) END,
        CASE WHEN chance[3] < 0.02 THEN 'completion' ELSE 'chat' END, status,
        CASE status WHEN 'error' THEN 502 ELSE 200 END,
        jsonb_build_object('team', 'team_' || floor(5 * chance[2]), 'feature', 'feature_' || floor(40 * chance[2])),
        ms,
        CASE WHEN rare THEN CAST(:rare_model AS text) ELSE (ARRAY['gpt-4o', 'claude-sonnet-5-5', 'gemini-2.5-pro'])[1 + model % 3] END,
        routed, CASE WHEN status IN ('error', 'cached') THEN NULL ELSE routed END,
        CASE WHEN status IN ('error', 'cached') THEN NULL ELSE (ARRAY['openai', 'anthropic', 'google'])[1 + model % 3] END,
        'simple', optimized - cached, cached, 0, 0, (500 * chance[4])::int, 0, original, optimized,
        jsonb_build_array(
            jsonb_build_object('lever', 'whitespace', 'tokens', original - optimized, 'nano_usd', saved / 3),
            jsonb_build_object('lever', CASE status WHEN 'cached' THEN 'caching' ELSE 'routing' END, 'tokens', 0,
                'nano_usd', saved - saved / 3)
        ),
        CASE WHEN chance[5] < 0.97 THEN cost + saved END, CASE WHEN chance[5] < 0.97 THEN cost END, false,
        CASE WHEN status <> 'cached' THEN 'miss' WHEN chance[6] < 0.5 THEN 'exact' ELSE 'semantic' END,
        overhead + CASE status WHEN 'cached' THEN 0 ELSE provider END, overhead,
        CASE status WHEN 'cached' THEN NULL ELSE provider END, '[]', status = 'fallback', chance[6] < 0.4,
        CASE WHEN status IN ('success', 'fallback') THEN overhead + provider / 4 END,
        CASE status WHEN 'error' THEN (ARRAY['rate_limit_exceeded', 'upstream_error', 'deadline_exceeded'])[1 + n % 3] END,
        CASE WHEN n % 4 > 0 THEN 'user_' || floor(997 * chance[2]) END{clients}
    FROM (
        SELECT *, floor(extract(epoch FROM at) * 1000 + 0.5)::bigint AS ms,
            (ARRAY['gpt-4o', 'claude-haiku-5-5', 'gemini-2.5-flash', 'gpt-4o-mini', 'claude-sonnet-5-5', 'gemini-2.5-pro'])
                [1 + model] AS routed,
            (optimized * chance[8] / 2)::int AS cached,
            CASE WHEN status IN ('cached', 'error') THEN 0 ELSE optimized * 1500 END::bigint AS cost,
            CASE status WHEN 'error' THEN 0 WHEN 'cached' THEN original * 1500 ELSE original * 900 * chance[7] END::bigint AS saved
        FROM (
            SELECT n, chance, n % 1000 = 0 AS rare, floor(6 * chance[7])::int AS model,
                CASE WHEN chance[8] < 0.8 THEN 'success' WHEN chance[8] < 0.93 THEN 'cached' WHEN chance[8] < 0.97
                    THEN 'error' WHEN chance[8] < 0.99 THEN 'fallback' ELSE 'cancelled' END AS status,
                date_trunc('milliseconds', CAST(:end AS timestamptz) - make_interval(
                    days => floor(CAST(:days AS float8) * chance[9])::int, secs => 1 + 86000 * power(chance[10], 2))) AS at,
                200 + (3000 * chance[1])::int AS original, 150 + (2000 * chance[1])::int AS optimized,
                exp(1 + 0.7 * (chance[2] + chance[3] + chance[4] - 1.5) * 2) AS overhead,
                exp(6.5 + 1.2 * (chance[5] + chance[6] + chance[7] - 1.5) * 2) AS provider
            FROM (
                SELECT n, ARRAY[random(), random(), random(), random(), random(), random(), random(), random(),
                    random(), random()] AS chance
                FROM generate_series(CAST(:first AS integer), CAST(:last AS integer)) AS n
            ) AS dice
        ) AS made
    ) AS timed
"""
_CLIENT: Final = "(ARRAY['openai-python', 'claude-cli', 'codex'])[1 + n % 3]"
_PORTION: Final = 100_000


async def seed(tx: AsyncConnection, rows: int, orgs: int, end: datetime, largest: str = LARGEST) -> None:
    """`rows` requests of `orgs` (at least 2) organizations, in the 60 days before `end`, and their sums."""
    await seed_log(tx, rows, orgs, end, largest)
    await tx.execute(
        text("ANALYZE analytics.requests")
    )  # or the join that names labels is planned for a handful of rows
    for statement in rollups("analytics.requests").values():
        await tx.execute(text(statement))


async def seed_log(
    tx: AsyncConnection, rows: int, orgs: int, end: datetime, largest: str = LARGEST, *, clients: bool = True
) -> None:
    """The log alone, without `clients` for a log that has no such column yet."""
    added = {"client": ", client", "clients": f", {_CLIENT}"} if clients else {"client": "", "clients": ""}
    week = week_of(end - timedelta(days=DAYS + 1))
    while week <= end:
        await SqlPartitions(tx).make(week)
        week = week_end(week)
    await tx.execute(text("SELECT setseed(0.5)"))
    values = {
        "orgs": [largest, *(f"org_{number}" for number in range(1, orgs))],
        "many": orgs,
        "skew": math.log2(orgs),
        "days": DAYS,
        "end": end,
        "rare_key": RARE_KEY,
        "rare_model": RARE_MODEL,
    }
    for first in range(1, rows + 1, _PORTION):
        await tx.execute(
            text(_ROWS.format(**added)), {**values, "first": first, "last": min(rows, first + _PORTION - 1)}
        )
