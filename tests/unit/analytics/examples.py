"""Finished requests to count."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from libs.common.contracts.analytics import Feedback, RequestEntry
from libs.common.contracts.events import CompletionFinished, LeverShare, TokenClasses
from libs.common.ids import new_id

NOW = datetime(2026, 11, 20, 12, 34, 56, tzinfo=UTC)
HOUR = timedelta(hours=1)


def ms(time: datetime) -> int:
    return round(time.timestamp() * 1000)


def request(org_id: str = "org_a", at: datetime = NOW, **changes: Any) -> CompletionFinished:
    """A request that saved half of its dollar's thousandth; name what matters to the test."""
    plain = CompletionFinished(
        id=new_id("req", ms(at)),
        org_id=org_id,
        key_id="key_1",
        status="success",
        time_ms=ms(at),
        baseline_model="gpt-4o",
        routed_model="gpt-4o-mini",
        served_model="gpt-4o-mini-2024-07-18",
        provider="openai",
        tier="simple",
        tokens=TokenClasses(uncached_input=60, cache_read=20, output_text=30, output_reasoning=5),
        original_tokens=100,
        optimized_tokens=80,
        levers=(
            LeverShare(lever="whitespace", tokens=20, nano_usd=200_000),
            LeverShare(lever="routing", tokens=0, nano_usd=300_000),
        ),
        baseline_cost_nano=1_000_000,
        actual_cost_nano=500_000,
        cache="miss",
        latency_ms=120.0,
        overhead_ms=4.0,
    )
    return msgspec.structs.replace(plain, **changes)


def entry_of(event: CompletionFinished, feedback: Feedback | None = None) -> RequestEntry:
    """The entry that the log shows for a request."""
    return RequestEntry(**msgspec.structs.asdict(event), feedback=feedback)
