"""What a database holds, table by table, and what became of it."""

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

import asyncpg

# Every row of a table, as an object by its columns.
Tables = Mapping[str, list[dict[str, Any]]]


async def snapshot(url: str) -> Tables:
    """All rows of the three schemas; of a partitioned table, those of all partitions."""
    connection = await asyncpg.connect(url)
    try:
        names = await connection.fetch(
            "SELECT n.nspname || '.' || c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname IN ('auth', 'analytics', 'alerts') AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
            " AND c.relname <> 'revisions' ORDER BY 1"
        )
        return {
            one["name"]: [
                json.loads(row["row"])
                for row in await connection.fetch(f"SELECT to_jsonb(t)::text AS row FROM {one['name']} t")
            ]
            for one in names
        }
    finally:
        await connection.close()


def lost(before: Tables, after: Tables, table: str) -> list[str]:
    """What of a table is not as it was, in sentences: a table or column that is gone, rows that are gone, changed or new.

    Columns that were added are not looked at.
    """
    old, new = before[table], after.get(table)
    if new is None:
        return ["the table is gone"] if old else []
    columns = sorted({name for row in old for name in row})
    there = {name for row in new for name in row}
    if new and (gone := [name for name in columns if name not in there]):
        return [f"the column {name} is gone" for name in gone]
    missing = _counted(old, columns) - _counted(new, columns)
    more = _counted(new, columns) - _counted(old, columns)
    said = [f"{missing.total()} of {len(old)} rows are gone or changed"] if missing else []
    return [*said, *([f"{more.total()} rows were not there"] if more and not missing else [])]


def _counted(rows: list[dict[str, Any]], columns: list[str]) -> Counter[str]:
    return Counter(json.dumps(_meaning({name: row.get(name) for name in columns}), sort_keys=True) for row in rows)


def _meaning(row: dict[str, Any]) -> dict[str, Any]:
    """A row without what may differ and still say the same: a sketch's bucket in which nothing was counted."""
    buckets = row.pop("buckets", None)
    if buckets is None:
        return row
    return {
        name: {bucket: count for bucket, count in zip(buckets, value, strict=True) if count}
        if name.endswith("_counts")
        else value
        for name, value in row.items()
    }
