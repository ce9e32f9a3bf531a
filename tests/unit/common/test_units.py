"""What is billed by other units: exact, dated, and unknown where a unit has no price."""

from datetime import date
from decimal import Decimal

import pytest

from libs.common.catalog import UnitModel, load_units
from libs.common.catalog.units import UnitPrices

DAY = date(2026, 11, 29)
UNITS = load_units()


def cost(name: str, **used: int | Decimal) -> int | None:
    return UNITS.models[name].cost(used, DAY).nano


@pytest.mark.parametrize(
    ("name", "used", "nano"),
    [
        ("text-embedding-3-small", {"input": 1}, 20),
        ("text-embedding-3-large", {"input": 1_000_000}, 130_000_000),
        ("gemini-embedding-001", {"input": 7}, 1_050),
        ("whisper-1", {"second": 60}, 6_000_000),
        ("whisper-1", {"second": Decimal("0.5")}, 50_000),
        ("tts-1", {"megachar": 3}, 45_000),
        ("gpt-image-1", {"input": 12, "image_output": 272}, 12 * 5_000 + 272 * 40_000),
        ("gpt-4o-transcribe", {"audio_input": 100, "output": 20}, 100 * 6_000 + 20 * 10_000),
        ("omni-moderation-latest", {"input": 5_000}, 0),
        ("text-embedding-3-small", {}, 0),
    ],
)
def test_units_cost_what_the_table_says(name: str, used: dict[str, int | Decimal], nano: int) -> None:
    assert cost(name, **used) == nano


def test_a_unit_without_a_price_makes_the_whole_unknown() -> None:
    found = UNITS.models["whisper-1"].cost({"second": 60, "output": 5}, DAY)
    assert (found.nano, found.unpriced) == (None, ("output",))
    assert UNITS.find("google", "whisper-1") is None
    assert UNITS.find("openai", "embedding-of-tomorrow") is None


def test_prices_are_dated_and_tiers_multiply() -> None:
    old = UnitPrices(input=Decimal(4), effective_to=DAY)
    new = UnitPrices(input=Decimal(2), effective_from=DAY)
    model = UnitModel(name="m", provider="openai", kind="embedding", prices=(old, new))
    assert model.cost({"input": 3}, date(2026, 11, 28)).nano == 12_000
    assert model.cost({"input": 3}, DAY).nano == 6_000
    assert model.cost({"input": 3}, DAY, Decimal("0.5")).nano == 3_000
    only_new = UnitModel(name="m", provider="openai", kind="embedding", prices=(new,))
    assert only_new.cost({"input": 3}, date(2026, 1, 1)).unpriced == ("input",)
