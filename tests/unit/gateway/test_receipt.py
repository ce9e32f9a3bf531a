"""Receipts sum exactly, whatever happened."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common import catalog
from libs.common.catalog import Terms
from libs.common.contracts.events import TokenClasses
from services.gateway.domain.receipt import for_call, for_hit

CATALOG = catalog.load()
DAY = date(2026, 11, 21)
PRICED = [name for provider in ("openai", "anthropic", "google") for name in CATALOG.of_provider(provider)]
COUNT = st.integers(0, 400_000)


@given(
    baseline=st.sampled_from(PRICED),
    served=st.sampled_from(PRICED),
    uncached=COUNT,
    read=COUNT,
    output=COUNT,
    removed=st.lists(
        st.tuples(st.sampled_from(["whitespace", "redundancy", "compression", "pruning"]), st.integers(-50, 50_000)),
        max_size=4,
        unique_by=lambda line: line[0],
    ),
    deferred=st.booleans(),
    cached_by_us=st.booleans(),
)
def test_the_lines_sum_to_baseline_minus_actual(
    baseline: str,
    served: str,
    uncached: int,
    read: int,
    output: int,
    removed: list[tuple[str, int]],
    deferred: bool,
    cached_by_us: bool,
) -> None:
    tokens = TokenClasses(uncached_input=max(uncached, 200), cache_read=read, output_text=output)
    found = for_call(
        DAY,
        price_version=CATALOG.version,
        baseline=CATALOG.find(baseline),
        served=CATALOG.find(served),
        tokens=tokens,
        removed=removed,  # type: ignore[arg-type]
        terms=Terms(factor=Decimal("0.5")) if deferred else Terms(),
        deferred=deferred,
        cached_by_us=cached_by_us,
    )
    if found.savings_nano is not None:
        lines = [share.nano_usd for share in found.levers]
        assert None not in lines
        assert sum(line for line in lines if line is not None) == found.savings_nano


def test_a_routed_and_shortened_request_in_figures() -> None:
    found = for_call(
        DAY,
        price_version=CATALOG.version,
        baseline=CATALOG.find("gpt-4o"),
        served=CATALOG.find("gpt-4o-mini"),
        tokens=TokenClasses(uncached_input=28, output_text=45),
        removed=[("whitespace", 4), ("pruning", 20)],
    )
    assert found.baseline_nano == 52 * 2500 + 45 * 10_000
    assert found.actual_nano == 28 * 150 + 45 * 600
    assert [(s.lever, s.tokens, s.nano_usd) for s in found.levers] == [
        ("whitespace", 4, 10_000),
        ("pruning", 20, 50_000),
        ("routing", 0, 28 * 2350 + 45 * 9400),
    ]


def test_a_hit_saves_all_of_it() -> None:
    found = for_hit(DAY, price_version="v", baseline=CATALOG.find("gpt-4o"), prompt_tokens=10, completion_tokens=20)
    assert (found.baseline_nano, found.actual_nano, found.savings_nano) == (225_000, 0, 225_000)
    assert [(s.lever, s.nano_usd) for s in found.levers] == [("caching", 225_000)]


@pytest.mark.parametrize(("baseline", "served"), [("mystery", "gpt-4o"), ("gpt-4o", "mystery"), ("mystery", "mystery")])
def test_an_unknown_price_is_unknown_and_not_zero(baseline: str, served: str) -> None:
    found = for_call(
        DAY,
        price_version="v",
        baseline=CATALOG.find(baseline),
        served=CATALOG.find(served),
        tokens=TokenClasses(uncached_input=5),
        removed=[],
    )
    assert found.savings_nano is None
    assert (found.baseline_nano is None) == (baseline == "mystery")
    assert (found.actual_nano is None) == (served == "mystery")


def test_negative_savings_stay_negative() -> None:
    found = for_call(
        DAY,
        price_version=CATALOG.version,
        baseline=CATALOG.find("gpt-4o-mini"),
        served=CATALOG.find("gpt-4o"),
        tokens=TokenClasses(uncached_input=1000, output_text=10),
        removed=[],
    )
    assert found.savings_nano is not None
    assert found.savings_nano < 0
    assert found.levers[-1].nano_usd == found.savings_nano


def test_tokens_that_the_baseline_has_no_class_for_are_plain_input_there() -> None:
    found = for_call(
        DAY,
        price_version="v",
        baseline=CATALOG.find("gpt-4-turbo"),
        served=CATALOG.find("gpt-4o-mini"),
        tokens=TokenClasses(uncached_input=1000, cache_read=1000),
        removed=[],
    )
    assert found.baseline_nano == 2000 * 10_000
