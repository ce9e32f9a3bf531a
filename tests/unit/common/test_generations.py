"""The catalogue's generations: every model has one, and every ladder is of models that are there."""

from libs.common import catalog

CATALOG = catalog.load()
PROVIDERS = ("openai", "anthropic", "google")


def test_every_model_has_a_ladder_of_models_that_are_there_and_not_too_old() -> None:
    for provider in PROVIDERS:
        for name in CATALOG.of_provider(provider):
            for tier in ("simple", "medium", "complex"):
                found = CATALOG.tier_model(provider, tier, name)  # type: ignore[arg-type]  # a tier
                assert found is not None
                assert CATALOG.find(found) is not None
                assert CATALOG.generations_older(found, name) <= 1


def test_the_documented_table_serves_its_own_models_and_strangers() -> None:
    assert CATALOG.tier_model("openai", "simple", "gpt-4o") == "gpt-4o-mini"
    assert CATALOG.tier_model("openai", "simple", "claude-opus") == "gpt-4o-mini"
    assert CATALOG.tier_model("openai", "simple", "llama3") == "gpt-4o-mini"
    assert CATALOG.tier_model("openai", "simple", "gpt-6-sol") == "gpt-6-luna"


def test_age_is_counted_within_a_provider() -> None:
    assert CATALOG.generations_older("gpt-4o-mini", "gpt-6.1-terra") == 2
    assert CATALOG.generations_older("gpt-6.1-terra", "gpt-4o-mini") == 0
    assert CATALOG.generations_older("gpt-4o-mini", "claude-opus") == 0
    assert CATALOG.generations_older("no-such-model", "gpt-4o") == 0
