"""What is counted by the minute, in Postgres."""
# ruff: noqa: S608  # the statements are put together from this module's constants; every value is bound

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.alerts.domain.metrics import WindowUsage
from services.alerts.domain.rule_evaluation import Window
from services.alerts.store.erasing import ERASING
from services.alerts.translate.request_sample import Sample

_PORTION: Final = 10_000

# A sum stops at what a bigint holds: beyond that it would fail, and with it the minutes of everybody else in the batch.
_MOST: Final = 9 * 10**18


def _kept(sums: str) -> str:
    return f"CAST(least(greatest({sums}, -{_MOST}), {_MOST}) AS bigint)"


def _by_minute(table: str, counted: str, keys: str) -> str:
    return f"""
        INSERT INTO alerts.{table} ({keys}, minute, requests, errors, spend_nano, cost_nano, baseline_nano, newest)
        SELECT {keys}, minute, count(*), count(*) FILTER (WHERE failed), {_kept("coalesce(sum(cost_nano), 0)")},
            {_kept("coalesce(sum(cost_nano) FILTER (WHERE baseline_nano IS NOT NULL), 0)")},
            {_kept("coalesce(sum(baseline_nano) FILTER (WHERE cost_nano IS NOT NULL), 0)")}, max(at)
        FROM {counted} GROUP BY {keys}, minute ORDER BY {keys}, minute
        ON CONFLICT ({keys}, minute) DO UPDATE SET
            requests = {table}.requests + excluded.requests, errors = {table}.errors + excluded.errors,
            spend_nano = {_kept(f"{table}.spend_nano::numeric + excluded.spend_nano")},
            cost_nano = {_kept(f"{table}.cost_nano::numeric + excluded.cost_nano")},
            baseline_nano = {_kept(f"{table}.baseline_nano::numeric + excluded.baseline_nano")},
            newest = greatest({table}.newest, excluded.newest)
    """


def _by_bucket(table: str, counted: str, keys: str) -> str:
    return f"""
        INSERT INTO alerts.{table} ({keys}, minute, bucket, requests)
        SELECT {keys}, minute, bucket, count(*) FROM {counted}
        GROUP BY {keys}, minute, bucket ORDER BY {keys}, minute, bucket
        ON CONFLICT ({keys}, minute, bucket) DO UPDATE SET requests = {table}.requests + excluded.requests
    """


# One statement, so that exactly what is new is counted. All of it goes in the order of its key: two copies that count the
# same minutes then wait for each other instead of blocking each other for good.
_ADD: Final = text(f"""
    WITH batch AS (
        SELECT * FROM unnest(
            CAST(:org_id AS text[]), CAST(:at AS timestamptz[]), CAST(:id AS text[]), CAST(:failed AS boolean[]),
            CAST(:cost_nano AS bigint[]), CAST(:baseline_nano AS bigint[]), CAST(:bucket AS smallint[]), CAST(:scopes AS jsonb[])
        ) AS batch (org_id, at, id, failed, cost_nano, baseline_nano, bucket, scopes)
    ), fresh AS (
        INSERT INTO alerts.seen SELECT org_id, at, id FROM batch
        WHERE NOT EXISTS (SELECT FROM alerts.erased WHERE erased.org_id = batch.org_id)
        ON CONFLICT DO NOTHING RETURNING org_id, at, id
    ), counted AS (
        SELECT *, date_trunc('minute', at, 'UTC') AS minute FROM batch JOIN fresh USING (org_id, at, id)
    ), watched AS (
        SELECT DISTINCT org_id, counted_as AS scope FROM alerts.rules
        WHERE counted_as <> '' AND org_id = ANY (CAST(:org_id AS text[]))
    ), scoped AS (
        SELECT counted.*, scope FROM counted JOIN watched USING (org_id) WHERE scopes @> to_jsonb(scope)
    ), by_minute AS ({_by_minute("minutes", "counted", "org_id")}
    ), by_bucket AS ({_by_bucket("latencies", "counted", "org_id")}
    ), scoped_by_minute AS ({_by_minute("scope_minutes", "scoped", "org_id, scope")}
    ), scoped_by_bucket AS ({_by_bucket("scope_latencies", "scoped", "org_id, scope")}
    )
    SELECT count(*) FROM fresh
""")
_WINDOWS: Final = """unnest(
        CAST(:org_id AS text[]), CAST(:start AS timestamptz[]), CAST(:end AS timestamptz[]), CAST(:scope AS text[])
    ) WITH ORDINALITY AS asked (org_id, "from", "to", scope, number)"""
_SUMMED: Final = "org_id, minute, requests, errors, spend_nano, cost_nano, baseline_nano, newest"


def _both(whole: str, part: str, columns: str) -> str:
    """What is counted of whole organizations, which have no scope's name, and of scopes."""
    return f"(SELECT '' AS scope, {columns} FROM alerts.{whole} UNION ALL SELECT scope, {columns} FROM alerts.{part}) AS counted"


_ASKED: Final = """counted.org_id = asked.org_id AND counted.scope = asked.scope
        AND minute >= asked."from" AND minute < asked."to\""""
_SUMS: Final = text(f"""
    SELECT coalesce(sum(requests), 0)::bigint AS requests, coalesce(sum(errors), 0)::bigint AS errors,
        {_kept("coalesce(sum(spend_nano), 0)")} AS spend_nano, {_kept("coalesce(sum(cost_nano), 0)")} AS cost_nano,
        {_kept("coalesce(sum(baseline_nano), 0)")} AS baseline_nano, max(newest) AS newest
    FROM {_WINDOWS} LEFT JOIN {_both("minutes", "scope_minutes", _SUMMED)} ON {_ASKED}
    GROUP BY number ORDER BY number
""")
_BUCKETS: Final = text(f"""
    SELECT number, bucket, sum(requests)::bigint AS requests
    FROM {_WINDOWS} JOIN {_both("latencies", "scope_latencies", "org_id, minute, bucket, requests")} ON {_ASKED}
    GROUP BY number, bucket
""")
_SWEEP: Final = text("""
    DELETE FROM alerts.seen WHERE (org_id, at, id) IN (
        SELECT seen.org_id, seen.at, seen.id
        FROM (SELECT DISTINCT org_id FROM alerts.minutes) AS orgs JOIN alerts.seen USING (org_id)
        WHERE seen.at < :before LIMIT :portion
    )
""")


class SqlUsageCounters:
    """Implements `ports.UsageCounters`."""

    def __init__(self, tx: AsyncConnection) -> None:
        self._tx = tx

    async def add(self, samples: Sequence[Sample]) -> int:
        await self._tx.execute(text("SELECT pg_advisory_xact_lock_shared(:key)"), {"key": ERASING})
        ordered = sorted(samples, key=lambda sample: (sample.org_id, sample.id))
        fields = Sample.__struct_fields__
        columns: dict[str, list[Any]] = {name: [getattr(sample, name) for sample in ordered] for name in fields}
        columns["scopes"] = [msgspec.json.encode(scopes).decode() for scopes in columns["scopes"]]
        count: int = (await self._tx.execute(_ADD, columns)).scalar_one()
        return count

    async def counted(self, windows: Sequence[Window]) -> Sequence[WindowUsage]:
        fields = Window.__struct_fields__
        asked = {name: [getattr(window, name) for window in windows] for name in fields}
        latencies: dict[int, dict[int, int]] = defaultdict(dict)
        for number, bucket, requests in await self._tx.execute(_BUCKETS, asked):
            latencies[number][bucket] = requests
        sums = (await self._tx.execute(_SUMS, asked)).mappings()
        return [
            msgspec.convert({**row, "latencies": latencies[number]}, WindowUsage) for number, row in enumerate(sums, 1)
        ]

    async def sweep(self, before: datetime) -> bool:
        """Ids go first, organization by organization along their key; the minutes, which name the organizations, last."""
        gone = await self._tx.execute(_SWEEP, {"before": before, "portion": _PORTION})
        if gone.rowcount == _PORTION:
            return True
        for table in ("scope_latencies", "scope_minutes", "latencies", "minutes"):
            await self._tx.execute(
                text(f"DELETE FROM alerts.{table} WHERE minute < :before"),
                {"before": before},
            )
        return False
