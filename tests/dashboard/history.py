"""What an organization's log holds after two months: what somebody has to find in it is known."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from bench.dashboard import database_of
from libs.common.clock import SystemClock
from libs.common.contracts.events import CompletionFinished, LeverShare, TokenClasses
from libs.common.db import connect
from libs.common.ids import new_id
from services.analytics.requests import Requests
from services.analytics.store.unit_of_work import unit_of_work
from tests.fixtures.running import Account, Running

DAYS: Final = 65  # reaches back before the last calendar month, whatever the day
# A team, and what each of its requests costs in nano-dollars: in the last thirty days, and before.
_TEAMS: Final = {"search": (8_000_000, 4_000_000), "support": (6_300_000, 6_000_000), "growth": (2_900_000, 3_000_000)}
_A_DAY: Final = 20  # requests of each team
_SLOW_MODEL: Final = "claude-sonnet-5-5"
_SLOW_DAYS: Final = 3
_BATCH: Final = 500


def with_history(running: Running) -> Account:
    """An organization with two months of requests, of which the answers to questions are known."""
    account = running.account()
    [key] = account.get("/api/keys/platform")["keys"]
    asyncio.run(write(database_of(running), account.org_id, key["id"]))
    return account


async def write(url: str, org_id: str, key_id: str) -> None:
    """Log two months of requests: the team `search` costs twice as much in the last 30 days, and of one model every fifteenth request takes
    ten seconds since three days, at its provider.
    """
    events = list(_history(org_id, key_id, datetime.now(UTC)))
    async with connect(url, query_seconds=60) as database:
        requests = Requests(unit_of_work(database), SystemClock(), timedelta(days=90))
        for start in range(0, len(events), _BATCH):
            await requests.record(events[start : start + _BATCH])


def _history(org_id: str, key_id: str, now: datetime) -> Iterator[CompletionFinished]:
    for day in range(DAYS):
        for team, costs in _TEAMS.items():
            for number in range(_A_DAY):
                # In the middle of each day before now, so that no period of whole days has a part of another one's requests.
                at = now - timedelta(days=day, hours=6 + 12 * number / _A_DAY)
                yield _request(org_id, key_id, at, team, number, costs[day >= 30], late=day < _SLOW_DAYS)


def _request(
    org_id: str, key_id: str, at: datetime, team: str, number: int, cost: int, *, late: bool
) -> CompletionFinished:
    ms = round(at.timestamp() * 1000)
    provider, model = ("anthropic", _SLOW_MODEL) if number % 2 else ("openai", "gpt-4o-mini")
    slow = late and model == _SLOW_MODEL and number % 15 == 1
    failed = number % 20 == 7
    provider_ms = 10_000.0 + 10 * number if slow else 700.0 + 40 * number
    return CompletionFinished(
        id=new_id("req", ms),
        org_id=org_id,
        key_id=key_id,
        time_ms=ms,
        status="error" if failed else "success",
        status_code=429 if failed else 200,
        error_code="rate_limit_exceeded" if failed else None,
        tags={"team": team},
        end_user=f"user-{number % 5}",
        client="openai-python",
        baseline_model="gpt-4o" if provider == "openai" else model,
        routed_model=model,
        served_model=None if failed else model,
        provider=provider,
        tokens=TokenClasses(uncached_input=900, output_text=0 if failed else 180),
        original_tokens=1000,
        optimized_tokens=900,
        levers=() if failed else (LeverShare(lever="whitespace", tokens=100, nano_usd=cost // 10),),
        baseline_cost_nano=0 if failed else cost + cost // 10,
        actual_cost_nano=0 if failed else cost,
        cache="miss",
        latency_ms=provider_ms + 6,
        overhead_ms=6.0,
        provider_ms=provider_ms,
        first_byte_ms=provider_ms / 4,
        stream=number % 3 == 0,
    )
