"""Feedback in Postgres."""

from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.contracts.analytics import Feedback
from libs.common.contracts.events import FeedbackGiven
from services.analytics.translate.request_row import storable

_PUT: Final = text("""
    INSERT INTO analytics.feedback (org_id, request_id, key_id, at, rating, cache_wrong, comment)
    SELECT :org_id, :request_id, :key_id, to_timestamp(:time_ms / 1000.0), :rating, :cache_wrong, :comment
    WHERE NOT EXISTS (SELECT FROM analytics.erased WHERE erased.org_id = :org_id)
    ON CONFLICT (org_id, request_id) DO UPDATE SET
        key_id = excluded.key_id, at = excluded.at, rating = excluded.rating,
        cache_wrong = feedback.cache_wrong OR excluded.cache_wrong, comment = coalesce(excluded.comment, feedback.comment)
    WHERE feedback.at <= excluded.at
""")
_ONE: Final = text("""
    SELECT rating, cache_wrong, comment, round(extract(epoch FROM at) * 1000)::bigint AS time_ms
    FROM analytics.feedback WHERE org_id = :org_id AND request_id = :request_id
""")


class SqlFeedback:
    """Implements `ports.FeedbackLog`."""

    def __init__(self, tx: AsyncConnection) -> None:
        self._tx = tx

    async def put(self, given: Sequence[FeedbackGiven]) -> None:
        for one in sorted(given, key=lambda one: (one.org_id, one.request_id, one.time_ms)):
            await self._tx.execute(_PUT, storable(msgspec.structs.asdict(one)))

    async def one(self, org_id: str, request_id: str) -> Feedback | None:
        rows = await self._tx.execute(_ONE, {"org_id": org_id, "request_id": request_id})
        row = rows.mappings().one_or_none()
        return None if row is None else msgspec.convert(dict(row), Feedback)
