"""The rows of other makers are those of the pinned genai-prices, and ours agree with it where it knows our models."""

from datetime import date
from decimal import Decimal

from genai_prices import Usage, calc_price

from bench import prices
from libs.common import catalog
from libs.common.contracts.events import TokenClasses

DAY = date(2026, 11, 29)
# Where the two differ, ours was checked elsewhere: see `provenance` in models.json.
_MILLION = 1_000_000


def test_the_file_is_what_the_pinned_version_says() -> None:
    assert prices.FILE.read_text(encoding="utf-8") == prices.text(), "run `make prices`"


def test_other_makers_cost_what_genai_prices_says() -> None:
    models = catalog.load()
    for name in ("mistral-large-2512", "mistral-small-latest", "mistral-large-4"):
        model = models.find(name)
        assert model is not None
        assert model.provider == "mistral"
        theirs = calc_price(
            Usage(input_tokens=_MILLION, output_tokens=_MILLION),
            name,
            provider_id="mistral",
            genai_request_timestamp=None,
        )
        ours = model.cost_nano(TokenClasses(uncached_input=_MILLION, output_text=_MILLION), DAY)
        assert ours == int(theirs.total_price * Decimal(10**9)), name


def test_other_makers_change_nothing_for_ours() -> None:
    models = catalog.load()
    assert models.find("gpt-4o") is not None
    assert models.generations_older("mistral-large-2512", "gpt-4o") == 0
    assert models.tier_model("mistral", "simple", "mistral-large-2512") is None
    assert "mistral-large-2512" in models.of_provider("mistral")
    assert not {model.provider for model in models.models.values()} - {"openai", "anthropic", "google", *prices.MAKERS}
