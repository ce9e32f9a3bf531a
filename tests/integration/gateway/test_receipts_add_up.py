"""Ten thousand requests: every receipt sums to the nano-dollar, and analytics says what the receipts say."""

import random
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import services.analytics.store
from libs.common import catalog, ids
from libs.common.clock import ManualClock
from libs.common.contracts.analytics import Period
from libs.common.contracts.events import CompletionFinished, TokenClasses
from libs.common.db import connect, migrate
from services.analytics.figures import Figures
from services.analytics.requests import Requests
from services.analytics.store.unit_of_work import unit_of_work
from services.gateway.domain import receipt

REQUESTS, BATCH = 10_000, 500
MIGRATIONS = Path(services.analytics.store.__path__[0]) / "migrations"
START = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)  # the day before a price changes
CATALOG = catalog.load()
MODELS = [name for provider in ("openai", "anthropic", "google") for name in CATALOG.of_provider(provider)]
LEVERS = ("whitespace", "redundancy", "compression", "pruning")


def request(rng: random.Random, org_id: str, number: int) -> CompletionFinished:
    """One finished request with its receipt: hits, calls, routed and cut ones, unknown prices among them."""
    at = START + timedelta(seconds=number * 9)
    day, time_ms = at.date(), int(at.timestamp() * 1000)
    asked = rng.choice(MODELS)
    served = asked if rng.random() < 0.5 else rng.choice(MODELS)
    known = None if rng.random() < 0.02 else CATALOG.find(asked)
    tokens = TokenClasses(
        uncached_input=rng.choice((rng.randint(0, 5000), rng.randint(0, 400_000))),
        cache_read=rng.choice((0, 0, rng.randint(0, 300_000))),
        cache_write_5m=rng.choice((0, 0, rng.randint(0, 20_000))),
        cache_write_1h=rng.choice((0, 0, 0, rng.randint(0, 20_000))),
        output_text=rng.randint(0, 9000),
        output_reasoning=rng.choice((0, rng.randint(0, 9000))),
    )
    hit = rng.random() < 0.2
    removed: list[Any] = [(lever, rng.randint(-40, 9000)) for lever in LEVERS if rng.random() < 0.4]
    if hit:
        tokens = TokenClasses()
        paid = receipt.for_hit(
            day,
            price_version=CATALOG.version,
            baseline=known,
            prompt_tokens=rng.randint(0, 200_000),
            completion_tokens=rng.randint(0, 9000),
        )
    else:
        baseline, other = known, CATALOG.find(served) if served != asked else known
        paid = receipt.for_call(
            day,
            price_version=CATALOG.version,
            baseline=baseline,
            served=other,
            tokens=tokens,
            removed=[] if tokens.input + sum(count for _, count in removed) < 0 else removed,
            known_cached=rng.choice((0, 0, rng.randint(0, 300_000))),
            cached_by_us=rng.random() < 0.3,
        )
    return CompletionFinished(
        id=ids.new_id("req", time_ms),
        org_id=org_id,
        key_id="key_1",
        status="cached" if hit else "success",
        time_ms=time_ms,
        baseline_model=asked,
        routed_model=served,
        served_model=served,
        provider="openai",
        tokens=tokens,
        original_tokens=tokens.input,
        optimized_tokens=tokens.input,
        levers=paid.levers,
        baseline_cost_nano=paid.baseline_nano,
        actual_cost_nano=paid.actual_nano,
        price_version=paid.price_version,
        cache="exact" if hit else "miss",
    )


@pytest.mark.parametrize("seed", [1])
async def test_every_receipt_sums_and_so_does_analytics(database_url: str, seed: int) -> None:
    rng, org_id = random.Random(seed), ids.new_id("org")
    events = [request(rng, org_id, number) for number in range(REQUESTS)]
    priced = [e for e in events if e.baseline_cost_nano is not None and e.actual_cost_nano is not None]
    assert len(priced) > 0.6 * REQUESTS
    for event in priced:
        assert event.baseline_cost_nano is not None
        assert event.actual_cost_nano is not None
        shares = [share.nano_usd for share in event.levers]
        assert None not in shares
        assert sum(share or 0 for share in shares) == event.baseline_cost_nano - event.actual_cost_nano
    assert {date(2026, 11, 29), date(2026, 11, 30)} <= {
        datetime.fromtimestamp(e.time_ms / 1000, UTC).date() for e in events
    }
    assert any(share.lever == "cache_discount" and (share.nano_usd or 0) < 0 for e in priced for share in e.levers)
    assert any((e.baseline_cost_nano or 0) < (e.actual_cost_nano or 0) for e in priced)
    assert len(priced) < REQUESTS

    await migrate(database_url, "analytics", MIGRATIONS)
    async with connect(database_url) as database:
        uow = unit_of_work(database)
        requests = Requests(uow, ManualClock(START), timedelta(days=90))
        for first in range(0, REQUESTS, BATCH):
            await requests.record(events[first : first + BATCH])
            await requests.record(events[first : first + 50])  # told twice, counted once
        start, end = events[0].time_ms, events[-1].time_ms + 3_600_000
        period = Period(org_id=org_id, from_ms=start - start % 3_600_000, to_ms=end - end % 3_600_000)
        overview, levers = await Figures(uow).overview(period), await Figures(uow).levers(period)
    assert overview.requests.total == REQUESTS
    assert overview.cost_nano == sum(e.actual_cost_nano or 0 for e in priced)
    assert overview.baseline_cost_nano == sum(e.baseline_cost_nano or 0 for e in priced)
    assert overview.savings_nano == overview.baseline_cost_nano - overview.cost_nano
    assert levers.total_nano == sum(share.nano_usd or 0 for e in priced for share in e.levers)
    assert levers.total_nano == overview.savings_nano
    assert overview.unpriced_requests == REQUESTS - len(priced)
