"""What is counted by the minute and by the day, in Postgres."""
# ruff: noqa: S608  # the statements are put together from this module's constants; every value is bound

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import RowMapping, text
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


def _sums(table: str, counted: str, keys: str) -> str:
    return f"""
        INSERT INTO alerts.{table} ({keys}, requests, errors, spend_nano, cost_nano, baseline_nano, newest)
        SELECT {keys}, count(*), count(*) FILTER (WHERE failed), {_kept("coalesce(sum(cost_nano), 0)")},
            {_kept("coalesce(sum(cost_nano) FILTER (WHERE baseline_nano IS NOT NULL), 0)")},
            {_kept("coalesce(sum(baseline_nano) FILTER (WHERE cost_nano IS NOT NULL), 0)")}, max(at)
        FROM {counted} GROUP BY {keys} ORDER BY {keys}
        ON CONFLICT ({keys}) DO UPDATE SET
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
        SELECT *, date_trunc('minute', at, 'UTC') AS minute, date_trunc('day', at, 'UTC') AS day
        FROM batch JOIN fresh USING (org_id, at, id)
    ), watched AS (
        SELECT DISTINCT org_id, counted_as AS scope FROM alerts.rules
        WHERE counted_as <> '' AND org_id = ANY (CAST(:org_id AS text[]))
    ), scoped AS (
        SELECT counted.*, scope FROM counted JOIN watched USING (org_id) WHERE scopes @> to_jsonb(scope)
    ), daily AS (
        SELECT org_id, '' AS scope, day, failed, cost_nano, baseline_nano, at FROM counted
        UNION ALL SELECT org_id, scope, day, failed, cost_nano, baseline_nano, at FROM scoped
    ), by_minute AS ({_sums("minutes", "counted", "org_id, minute")}
    ), by_bucket AS ({_by_bucket("latencies", "counted", "org_id")}
    ), scoped_by_minute AS ({_sums("scope_minutes", "scoped", "org_id, scope, minute")}
    ), scoped_by_bucket AS ({_by_bucket("scope_latencies", "scoped", "org_id, scope")}
    ), by_day AS ({_sums("days", "daily", "org_id, scope, day")}
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
_DAYS: Final = text(f"""
    SELECT number, day, days.requests, errors, spend_nano, cost_nano, baseline_nano, newest
    FROM {_WINDOWS} JOIN alerts.days ON days.org_id = asked.org_id AND days.scope = asked.scope
        AND day >= asked."from" AND day < asked."to"
    ORDER BY number, day
""")
_SUMMED_DAYS: Final = ("requests", "errors", "spend_nano", "cost_nano", "baseline_nano")
# A scope that nobody watches any more would have a gap where somebody does again.
_SWEEP_DAYS: Final = text("""
    DELETE FROM alerts.days WHERE day < :before OR (scope <> '' AND NOT EXISTS (
        SELECT FROM alerts.rules WHERE rules.org_id = days.org_id AND rules.counted_as = days.scope
    ))
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
        daily = iter(await self._by_day([window for window in windows if window.daily]))
        by_minute = iter(await self._by_minute([window for window in windows if not window.daily]))
        return [next(daily if window.daily else by_minute) for window in windows]

    async def _by_day(self, windows: Sequence[Window]) -> Sequence[WindowUsage]:
        rows: dict[int, list[RowMapping]] = defaultdict(list)
        for row in (await self._tx.execute(_DAYS, _asked(windows))).mappings() if windows else ():
            rows[row["number"]].append(row)
        return [_of_days(window, rows[number]) for number, window in enumerate(windows, 1)]

    async def _by_minute(self, windows: Sequence[Window]) -> Sequence[WindowUsage]:
        asked = _asked(windows)
        latencies: dict[int, dict[int, int]] = defaultdict(dict)
        for number, bucket, requests in await self._tx.execute(_BUCKETS, asked):
            latencies[number][bucket] = requests
        sums = (await self._tx.execute(_SUMS, asked)).mappings()
        return [
            msgspec.convert({**row, "latencies": latencies[number]}, WindowUsage) for number, row in enumerate(sums, 1)
        ]

    async def sweep(self, before: datetime, days_before: datetime) -> bool:
        """Ids go first, organization by organization along their key; the minutes, which name the organizations, last."""
        gone = await self._tx.execute(_SWEEP, {"before": before, "portion": _PORTION})
        if gone.rowcount == _PORTION:
            return True
        for table in ("scope_latencies", "scope_minutes", "latencies", "minutes"):
            await self._tx.execute(
                text(f"DELETE FROM alerts.{table} WHERE minute < :before"),
                {"before": before},
            )
        await self._tx.execute(_SWEEP_DAYS, {"before": days_before})
        return False


def _asked(windows: Sequence[Window]) -> dict[str, list[Any]]:
    return {name: [getattr(window, name) for window in windows] for name in ("org_id", "start", "end", "scope")}


def _of_days(window: Window, rows: Sequence[RowMapping]) -> WindowUsage:
    """The window's sums, and its spend by day from the first that was counted on; a day without requests cost nothing."""
    if not rows:
        return WindowUsage()
    spends = {row["day"]: row["spend_nano"] for row in rows}
    first, last = rows[0]["day"], max(window.end - timedelta(days=1), rows[-1]["day"])
    return WindowUsage(
        **{name: sum(row[name] for row in rows) for name in _SUMMED_DAYS},
        newest=max(row["newest"] for row in rows),
        days=tuple(spends.get(first + timedelta(days=number), 0) for number in range((last - first).days + 1)),
    )
