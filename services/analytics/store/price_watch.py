"""What organizations used of each model, and what they were told of prices, in Postgres."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.contracts.events import TokenClasses
from services.analytics.domain.price_watch import ModelUse
from services.analytics.store.erasing import ERASING

_DUE: Final = text("""
    SELECT DISTINCT org_id FROM analytics.days LEFT JOIN analytics.price_looks USING (org_id)
    WHERE day >= date_trunc('day', CAST(:since AS timestamptz), 'UTC')
        AND (looked_at IS NULL OR looked_at <= :looked_before) AND (reported_at IS NULL OR reported_at <= :reported_before)
        AND NOT EXISTS (SELECT FROM analytics.erased WHERE erased.org_id = days.org_id)
    ORDER BY org_id
""")
_BEGIN: Final = text("""
    INSERT INTO analytics.price_looks (org_id) SELECT :org_id
    WHERE NOT EXISTS (SELECT FROM analytics.erased WHERE erased.org_id = :org_id) ON CONFLICT DO NOTHING
""")
# Another copy of the service has it, or had it just now.
_TAKE: Final = text("""
    UPDATE analytics.price_looks SET looked_at = :now WHERE org_id = (
        SELECT org_id FROM analytics.price_looks
        WHERE org_id = :org_id AND (looked_at IS NULL OR looked_at <= :looked_before) FOR UPDATE SKIP LOCKED
    ) RETURNING reported
""")
_KEEP: Final = text("""
    UPDATE analytics.price_looks SET reported = reported || CAST(:keys AS text[]), reported_at = :now WHERE org_id = :org_id
""")
# What went at a tier, or had parts, that are priced by something else than tokens says little about another model's prices.
_USES: Final = text("""
    SELECT CASE WHEN fallback_used THEN coalesce(served_model, routed_model) ELSE routed_model END AS model,
        width_bucket(uncached_input + cache_read + cache_write_5m + cache_write_1h, CAST(:over AS bigint[])) AS length,
        count(*) AS requests, max(uncached_input + cache_read + cache_write_5m + cache_write_1h) AS largest_input,
        CAST(sum(uncached_input) AS bigint) AS uncached_input, CAST(sum(cache_read) AS bigint) AS cache_read,
        CAST(sum(cache_write_5m) AS bigint) AS cache_write_5m, CAST(sum(cache_write_1h) AS bigint) AS cache_write_1h,
        CAST(sum(output_text) AS bigint) AS output_text, CAST(sum(output_reasoning) AS bigint) AS output_reasoning
    FROM analytics.requests
    WHERE org_id = :org_id AND at >= :since AND at < :until AND status IN ('success', 'fallback')
        AND kind IN ('chat', 'completion', 'messages', 'responses', 'generate', 'embedding') AND cache IN ('miss', 'off')
        AND actual_cost_nano IS NOT NULL AND coalesce(service_tier, 'default') IN ('default', 'auto', 'standard', 'standard_only')
        AND coalesce(units, '{}') = '{}' AND coalesce(unpriced, '[]') = '[]'
    GROUP BY 1, 2
""")
_TOKENS: Final = tuple(field.name for field in msgspec.structs.fields(TokenClasses))


class SqlPrices:
    """Implements `ports.Prices`."""

    def __init__(self, tx: AsyncConnection) -> None:
        self._tx = tx

    async def due(self, since: datetime, looked_before: datetime, reported_before: datetime) -> Sequence[str]:
        values = {"since": since, "looked_before": looked_before, "reported_before": reported_before}
        return list((await self._tx.execute(_DUE, values)).scalars())

    async def take(self, org_id: str, now: datetime, looked_before: datetime) -> frozenset[str] | None:
        await self._tx.execute(text("SELECT pg_advisory_xact_lock_shared(:key)"), {"key": ERASING})
        await self._tx.execute(_BEGIN, {"org_id": org_id})
        values = {"org_id": org_id, "now": now, "looked_before": looked_before}
        found = (await self._tx.execute(_TAKE, values)).scalar_one_or_none()
        return None if found is None else frozenset(found)

    async def uses(
        self, org_id: str, since: datetime, until: datetime, long_inputs: Sequence[int]
    ) -> Sequence[ModelUse]:
        values = {"org_id": org_id, "since": since, "until": until, "over": [tokens + 1 for tokens in long_inputs]}
        rows = (await self._tx.execute(_USES, values)).mappings()
        return [
            ModelUse(
                model=row["model"],
                requests=row["requests"],
                largest_input=row["largest_input"],
                tokens=TokenClasses(**{name: row[name] for name in _TOKENS}),
            )
            for row in rows
        ]

    async def keep(self, org_id: str, keys: Sequence[str], now: datetime) -> None:
        await self._tx.execute(_KEEP, {"org_id": org_id, "keys": list(keys), "now": now})
