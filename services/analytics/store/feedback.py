"""Feedback in Postgres."""

from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.contracts.events import FeedbackGiven

_PUT: Final = text("""
    INSERT INTO analytics.feedback (org_id, request_id, key_id, at, rating, cache_wrong, comment)
    VALUES (:org_id, :request_id, :key_id, to_timestamp(:time_ms / 1000.0), :rating, :cache_wrong, :comment)
    ON CONFLICT (org_id, request_id) DO UPDATE SET
        key_id = excluded.key_id, at = excluded.at, rating = excluded.rating,
        cache_wrong = feedback.cache_wrong OR excluded.cache_wrong, comment = coalesce(excluded.comment, feedback.comment)
    WHERE feedback.at <= excluded.at
""")


class SqlFeedback:
    """Implements `ports.FeedbackLog`."""

    def __init__(self, tx: AsyncConnection) -> None:
        self._tx = tx

    async def put(self, given: Sequence[FeedbackGiven]) -> None:
        for one in sorted(given, key=lambda one: (one.org_id, one.request_id, one.time_ms)):
            await self._tx.execute(_PUT, msgspec.structs.asdict(one))
