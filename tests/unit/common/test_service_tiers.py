"""Service tiers and sounds: by their own rate, or not known at all."""

from datetime import date
from decimal import Decimal

import pytest

from libs.common.catalog import Apart, Terms, load
from libs.common.contracts.events import TokenClasses

DAY = date(2026, 11, 28)


@pytest.mark.parametrize(
    ("tier", "factor"),
    [(None, 1), ("default", 1), ("auto", 1), ("flex", Decimal("0.5")), ("priority", None), ("ultra", None)],
)
def test_what_a_tier_multiplies_prices_with(tier: str | None, factor: int | Decimal | None) -> None:
    assert load().tier_factor("openai", tier, DAY) == factor


def test_flex_costs_half_and_what_nobody_knows_is_not_known() -> None:
    model, tokens = load().find("gpt-5"), TokenClasses(uncached_input=1000, output_text=500)
    assert model is not None
    assert model.cost_nano(tokens, DAY, terms=Terms(factor=Decimal("0.5"))) == 3_125_000
    assert model.cost_nano(tokens, DAY, terms=Terms(factor=None)) is None
    assert model.cost_nano(tokens, DAY, terms=Terms(apart=Apart(audio_output=1))) is None
    assert model.cost_nano(tokens, DAY, terms=Terms(apart=Apart(uncounted=True))) is None


def test_sounds_have_a_rate_of_their_own() -> None:
    model, tokens = load().find("gemini-2.5-flash"), TokenClasses(uncached_input=10_010, output_text=10)
    assert model is not None
    assert model.cost_nano(tokens, DAY, terms=Terms(apart=Apart(audio_input=10_000))) == 10_028_000
