"""Breakdowns in Postgres: whole days and whole hours from the sums by dimension or label, the two ends of a period from the log."""
# ruff: noqa: S608  # the statements are put together from this module's constants; every value is bound

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.contracts.analytics import MERGED_KEY, Use
from services.analytics.domain.breakdowns import Asked, Found, Groups
from services.analytics.domain.periods import TimeRange
from services.analytics.store.erasing import ERASING
from services.analytics.store.totals import ENDS, HOUR, LABEL_LINES, MODEL, PROVIDER, USES, again, select

# A dimension, and the column that has it in the sums.
_COLUMNS: Final = {"key": "key_id", "endpoint": "kind", "model": "model", "provider": "provider"}
_ALL: Final = ", ".join(_COLUMNS.values())
_OTHERS: Final = ", ".join(column for column in _COLUMNS.values() if column != "key_id")
_IN_LOG: Final = f"key_id, kind, {MODEL} AS model, {PROVIDER} AS provider"
_HOURS: Final = "org_id = :org_id AND hour >= :head AND hour < :tail"
# The same without whole days, which have sums of their own: two stretches, each found by its index; and those days.
_HOURS_BESIDE: Final = (
    "org_id = :org_id AND hour >= :head AND hour < :first_day",
    "org_id = :org_id AND hour >= :last_day AND hour < :tail",
)
_DAYS: Final = "org_id = :org_id AND day >= :first_day AND day < :last_day"
_NOWHERE: Final = ", ".join(f"'' AS {column}" for column in _COLUMNS.values())
_SUMMED: Final = ", ".join(USES)
# Spelled out as their indices are.
_WITHIN_DAY: Final = "extract(hour FROM hour AT TIME ZONE 'UTC') <> 0"
_KEYS: Final = {"dimension_hours": _ALL, "label_hours": f"label, value, {_ALL}"}


class SqlUses:
    """Implements `ports.Uses`."""

    def __init__(self, tx: AsyncConnection) -> None:
        self._tx = tx

    async def groups(
        self, time_range: TimeRange, asked: Asked, limit: int, only: Sequence[tuple[str, ...]] | None = None
    ) -> Groups:
        columns = ", ".join(_column(name) for name in asked.by)
        chosen = ""
        values: dict[str, Any] = {}
        if only is not None:
            values = {f"only_{place}": [one[place] for one in only] for place in range(len(asked.by))}
            arrays = ", ".join(f"CAST(:{name} AS text[])" for name in values)
            chosen = f"WHERE ({columns}) IN (SELECT * FROM unnest({arrays}))"
        place = "0"
        if asked.starts:
            # The hour of an end of the period may begin before its first interval does.
            place = "greatest(width_bucket(time, CAST(:starts AS timestamptz[])), 1) - 1"
            values["starts"] = list(asked.starts)
        # The sums are read once, whatever is asked of them.
        statement = f"""
            WITH cells AS MATERIALIZED (
                SELECT {columns}, {place} AS place, {again(USES)} FROM {_parts(asked.label, asked, asked.by, asked.starts)}
                GROUP BY {columns}, place
            ), found AS MATERIALIZED (
                SELECT {columns}, {again(USES)} FROM cells {chosen} GROUP BY {columns}
                ORDER BY cost_nano DESC, requests DESC, {columns} LIMIT :limit
            )
            SELECT 'row' AS part, {columns}, 0 AS place, {_SUMMED},
                row_number() OVER (ORDER BY cost_nano DESC, requests DESC, {columns}) AS rank FROM found
            UNION ALL SELECT 'point', {columns}, place, {_SUMMED}, 0 FROM cells
            WHERE {"true" if asked.starts else "false"} AND ({columns}) IN (SELECT {columns} FROM found)
            UNION ALL SELECT 'whole', {", ".join("''" for _ in asked.by)}, 0, {again(USES)}, 0 FROM cells
        """
        parts: dict[str, list[Found]] = {"row": [], "point": [], "whole": []}
        for row in sorted(
            await self._ask(statement, time_range, asked, limit=limit, **values), key=lambda row: row["rank"]
        ):
            parts[row["part"]].append(_found(asked, row))
        [whole] = parts["whole"]
        return Groups(rows=parts["row"], points=parts["point"], whole=whole.use)

    async def total(self, time_range: TimeRange, asked: Asked) -> Use:
        label = asked.label if asked.label in asked.filters else None
        statement = f"SELECT {again(USES)} FROM {_parts(label, asked)}"
        [row] = await self._ask(statement, time_range, asked, label=label)
        return msgspec.convert(row, Use)

    async def _ask(self, statement: str, time_range: TimeRange, asked: Asked, **more: Any) -> list[dict[str, Any]]:
        filters = {f"filter_{place}": value for place, value in enumerate(asked.filters.values())}
        values = {**msgspec.structs.asdict(time_range), "label": asked.label, **filters, **more}
        if asked.merged_keys:
            values["merged_keys"] = list(asked.merged_keys)
        found = await self._tx.execute(text(statement), values)
        return [dict(row) for row in found.mappings()]

    async def fold(self, before: datetime) -> bool:
        more = False
        for table, key in _KEYS.items():
            statement = f"""
                WITH whole AS (
                    SELECT org_id, date_trunc('day', hour, 'UTC') AS day FROM analytics.{table}
                    WHERE hour < :before AND {_WITHIN_DAY} ORDER BY hour LIMIT 1
                ), old AS (
                    DELETE FROM analytics.{table} USING whole
                    WHERE {table}.org_id = whole.org_id AND hour >= day AND hour < day + interval '1 day' RETURNING {table}.*
                )
                INSERT INTO analytics.{table} (org_id, hour, {key}, {_SUMMED})
                SELECT org_id, date_trunc('day', hour, 'UTC'), {key}, {again(USES)} FROM old GROUP BY org_id, 2, {key}
            """
            folded = await self._tx.execute(text(statement), {"before": before})
            more = more or folded.rowcount > 0
        return more

    async def repair(self, now: datetime) -> bool:
        any_due = text("SELECT EXISTS (SELECT FROM analytics.day_repairs WHERE due <= :now)")
        if not (await self._tx.execute(any_due, {"now": now})).scalar_one():
            return False
        # Nobody appends meanwhile: what they add to a day would be lost, or be in it twice.
        await self._tx.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ERASING})
        due = "SELECT day FROM analytics.day_repairs WHERE due <= :now ORDER BY day LIMIT 1"
        taken = f"DELETE FROM analytics.day_repairs WHERE day = ({due}) RETURNING day"
        day = (await self._tx.execute(text(taken), {"now": now})).scalar_one_or_none()
        if day is None:
            return False
        within = "hour >= :day AND hour < CAST(:day AS timestamptz) + interval '1 day'"
        for table, hours, key in (
            ("dimension_days", "dimension_hours", _ALL),
            ("label_days", "label_hours", "label, value"),
        ):
            await self._tx.execute(text(f"DELETE FROM analytics.{table} WHERE day = :day"), {"day": day})
            statement = f"""
                INSERT INTO analytics.{table} (org_id, day, {key}, {_SUMMED})
                SELECT org_id, CAST(:day AS timestamptz), {key}, {again(USES)} FROM analytics.{hours} WHERE {within}
                GROUP BY org_id, {key}
            """
            await self._tx.execute(text(statement), {"day": day})
        return True


def _parts(label: str | None, asked: Asked, by: Sequence[str] = (), starts: Sequence[datetime] = ()) -> str:
    """The period's sums by time and by the dimensions `by` at least, as a relation, with what the filters leave of them. No hour or day
    of it lies on both sides of one of the `starts`.
    """
    table, value, lines, own = "dimension_hours", "", "", ""
    days, of_day = "dimension_days", _ALL
    if label is not None:
        table, value, lines, own = "label_hours", ", value", f", {LABEL_LINES}", "AND label = :label"
        days, of_day = "label_days", _NOWHERE  # has no dimensions
    hours: tuple[str, ...] = (_HOURS,)
    whole = ""
    if all(_is_midnight(start) for start in starts) and (label is None or {*by, *asked.filters} <= {label}):
        hours = _HOURS_BESIDE
        whole = f"SELECT day AS time, {of_day}{value}, {_SUMMED} FROM analytics.{days} WHERE {_DAYS} {own} UNION ALL"
    summed = " UNION ALL ".join(
        f"SELECT hour AS time, {_ALL}{value}, {_SUMMED} FROM analytics.{table} WHERE {within} {own}" for within in hours
    )
    key = "key_id"
    if asked.merged_keys:
        key = f"CASE WHEN key_id = ANY (CAST(:merged_keys AS text[])) THEN '{MERGED_KEY}' ELSE key_id END AS key_id"
    filters = "".join(f" AND {_column(name)} = :filter_{place}" for place, name in enumerate(asked.filters))
    return f"""(
        SELECT * FROM (SELECT time, {key}, {_OTHERS}{value}, {_SUMMED} FROM (
            {whole}
            {summed}
            UNION ALL
            SELECT {HOUR} AS time, {_IN_LOG}{value}, {select(USES)} FROM {ENDS}{lines} WHERE true {own}
            GROUP BY {HOUR}, key_id, kind, {MODEL}, {PROVIDER}{value}
        ) AS hours) AS summed WHERE true{filters}
    ) AS parts"""


def _is_midnight(time: datetime) -> bool:
    """Of UTC, as days are."""
    return time.timestamp() % 86_400 == 0


def _column(name: str) -> str:
    return _COLUMNS.get(name, "value")


def _found(asked: Asked, row: dict[str, Any]) -> Found:
    use = msgspec.convert({name: row[name] for name in USES}, Use)
    return Found(values=tuple(row[_column(name)] for name in asked.by), use=use, place=row["place"])
