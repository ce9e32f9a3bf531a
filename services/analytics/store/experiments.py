"""Conversations of an experiment, added up from the log."""

from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.analytics.domain.conversations import Conversation
from services.analytics.domain.periods import TimeRange

# The same words again within ten minutes of an answer, which was no call of a tool: the turns of a tool loop repeat the user's words.
_CONVERSATIONS: Final = text("""
    WITH asked AS (
        SELECT *, coalesce(
            asked_digest IS NOT NULL AND at <= lag(at) OVER same + interval '10 minutes'
            AND at >= lag(at) OVER same + lag(latency_ms) OVER same * interval '1 millisecond'
            AND lag(status) OVER same IN ('success', 'fallback', 'cached')
            AND coalesce(lag(stop) OVER same, '') NOT IN ('tool_calls', 'tool_use', 'function_call'), false) AS again
        FROM analytics.requests
        WHERE org_id = :org_id AND at >= :start AND at < :end AND arm IS NOT NULL AND conversation IS NOT NULL
        WINDOW same AS (PARTITION BY conversation, asked_digest ORDER BY at, id)
    )
    SELECT min(arm) AS arm, count(DISTINCT arm) > 1 AS mixed, count(*) AS turns,
        (array_agg(baseline_model ORDER BY at, asked.id))[1] AS first_model,
        (array_agg(original_tokens ORDER BY at, asked.id))[1] AS first_tokens,
        (array_agg(time_ms ORDER BY at, asked.id))[1] AS first_ms,
        bool_and(actual_cost_nano IS NOT NULL AND baseline_cost_nano IS NOT NULL) AS priced,
        CAST(coalesce(sum(actual_cost_nano), 0) AS double precision) AS cost_nano,
        CAST(coalesce(sum(baseline_cost_nano), 0) AS double precision) AS baseline_nano,
        CAST(sum(output_text + output_reasoning) AS double precision) AS output_tokens,
        jsonb_agg(DISTINCT lever_arms) AS lever_arms,
        coalesce(jsonb_agg(levers) FILTER (WHERE levers <> '[]'), '[]') AS receipts,
        bool_or(again) AS reask, bool_or(status = 'error') AS error,
        bool_or(stream AND status = 'cancelled') AS cancelled_stream, coalesce(bool_or(bad), false) AS bad_feedback
    FROM asked LEFT JOIN LATERAL (
        SELECT rating = 'bad' AS bad FROM analytics.feedback WHERE org_id = :org_id AND request_id = asked.id
    ) AS said ON true
    GROUP BY conversation
    ORDER BY conversation
""")


class SqlExperiments:
    """Implements `ports.Experiments`."""

    def __init__(self, tx: AsyncConnection) -> None:
        self._tx = tx

    async def conversations(self, time_range: TimeRange) -> Sequence[Conversation]:
        values = {"org_id": time_range.org_id, "start": time_range.start, "end": time_range.end}
        rows = await self._tx.execute(_CONVERSATIONS, values)
        return [msgspec.convert(dict(row), Conversation) for row in rows.mappings()]
