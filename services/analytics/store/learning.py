"""Routed requests to learn from, and what was learned, in Postgres."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.contracts.router import Learned
from services.analytics.domain.learning import Routed
from services.analytics.store.erasing import ERASING

# One copy of the service at a time moves the mark; another finds it locked, and has nothing to do.
_MARK: Final = text("SELECT upto FROM analytics.learning FOR UPDATE SKIP LOCKED")
_MOVE: Final = text("UPDATE analytics.learning SET upto = :upto")
# Asked again a few times, by the same end user, once there was an answer, is a complaint; asked all the time is a popular
# question, and asked at the same time is an accident.
_TAKE: Final = text("""
    SELECT org_id, received_at, routing_features AS features, routed_model <> baseline_model AS lowered,
        CAST(CAST(fallback_used OR EXISTS (
            SELECT FROM analytics.feedback
            WHERE feedback.org_id = one.org_id AND request_id = one.id AND rating = 'bad' AND NOT cache_wrong
        ) OR (
            SELECT count(*) BETWEEN 1 AND 2 FROM analytics.requests AS again
            WHERE again.org_id = one.org_id AND again.asked_digest = one.asked_digest AND again.key_id = one.key_id
                AND again.end_user IS NOT DISTINCT FROM one.end_user AND again.id <> one.id
                AND again.cache IN ('miss', 'off')
                AND again.at BETWEEN one.at + one.latency_ms * interval '1 millisecond' AND one.at + interval '10 minutes'
        ) AS integer) AS double precision) AS failed
    FROM analytics.requests AS one
    WHERE received_at > :after AND received_at <= :until AND routing_features <> '[]'
        AND status IN ('success', 'fallback') AND cache IN ('miss', 'off')
        AND NOT EXISTS (SELECT FROM analytics.erased WHERE erased.org_id = one.org_id)
    ORDER BY received_at FETCH FIRST :portion ROWS WITH TIES
""")
_SUMS: Final = text("SELECT sums FROM analytics.learned WHERE org_id = :org_id")
_KEEP: Final = text("""
    INSERT INTO analytics.learned VALUES (:org_id, CAST(:sums AS jsonb))
    ON CONFLICT (org_id) DO UPDATE SET sums = excluded.sums
""")


class SqlLearning:
    """Implements `ports.LearningLog`."""

    def __init__(self, tx: AsyncConnection) -> None:
        self._tx = tx

    async def take(self, until: datetime, portion: int) -> Sequence[Routed]:
        await self._tx.execute(text("SELECT pg_advisory_xact_lock_shared(:key)"), {"key": ERASING})
        after = (await self._tx.execute(_MARK)).scalar_one_or_none()
        if after is None or after >= until:
            return []
        values = {"after": after, "until": until, "portion": portion}
        rows = (await self._tx.execute(_TAKE, values)).mappings().all()
        upto = rows[-1]["received_at"] if len(rows) >= portion else until
        await self._tx.execute(_MOVE, {"upto": upto})
        return [msgspec.convert(dict(row), Routed) for row in rows]

    async def sums(self, org_id: str) -> Learned | None:
        found = (await self._tx.execute(_SUMS, {"org_id": org_id})).scalar_one_or_none()
        return None if found is None else msgspec.convert(found, Learned)

    async def keep(self, org_id: str, sums: Learned) -> None:
        await self._tx.execute(_KEEP, {"org_id": org_id, "sums": msgspec.json.encode(sums).decode()})
