"""Where a request may go: models of its own age, that cost less in what is to come, and only if the asked one could answer."""

import pytest

from libs.common import catalog
from libs.common.errors import BadRequest
from tests.damage.router_asking import ask

EASY = ("user", "What is the capital of France?")
CATALOG = catalog.load()
EVERY = [name for provider in ("openai", "anthropic", "google") for name in CATALOG.of_provider(provider)]


@pytest.mark.parametrize("model", EVERY)
def test_nothing_goes_more_than_one_generation_back(model: str) -> None:
    assert CATALOG.generations_older(ask(EASY, model=model).model, model) <= 1


def test_nothing_goes_back_by_an_organisations_tiers_unless_it_says_so() -> None:
    tiers = {"openai": {"simple": "gpt-4o-mini"}}
    assert ask(EASY, model="gpt-6.1-terra", tiers=tiers).model == "gpt-6.1-terra"
    assert ask(EASY, model="gpt-6.1-terra", tiers=tiers, older_generations=True).model == "gpt-4o-mini"
    assert ask(EASY, model="gpt-4o", tiers=tiers).model == "gpt-4o-mini"


@pytest.mark.parametrize(
    ("model", "simple"),
    [
        ("gpt-4o", "gpt-4o-mini"),
        ("claude-opus", "claude-haiku"),
        ("gemini-2.0-pro", "gemini-2.0-flash"),
        ("gpt-5.5", "gpt-5.6-luna"),
        ("gpt-6-astra", "gpt-6-luna"),
        ("claude-opus-4-8", "claude-haiku-4-5"),
        ("gemini-3.1-pro-preview", "gemini-3.5-flash-lite"),
        ("gemini-4-argon", "gemini-3.5-flash-lite"),
    ],
)
def test_every_generation_has_a_ladder(model: str, simple: str) -> None:
    assert ask(EASY, model=model).model == simple


@pytest.mark.parametrize("model", EVERY)
def test_hard_work_stays_with_what_was_asked_for(model: str) -> None:
    assert ask(("user", "Prove by induction that every tree with n nodes has n-1 edges."), model=model).model == model


def test_cheaper_is_what_is_to_come_not_every_price_class() -> None:
    """A cached token of gpt-4o-mini costs more than one of gpt-6.1-terra, and the request still costs a fifth."""
    wish = {"tiers": {"openai": {"simple": "gpt-4o-mini"}}, "older_generations": True}
    mini, terra = (CATALOG.find(name) for name in ("gpt-4o-mini", "gpt-6.1-terra"))
    assert mini is not None
    assert terra is not None
    assert ask(EASY, model="gpt-6.1-terra", **wish).model == "gpt-4o-mini"
    # Where nearly all is read from the cache, it is the dearer one.
    cached = ("system", "You answer questions about the harbour. " * 20_000)
    assert ask(cached, EASY, model="gpt-6.1-terra", answer_limit=1, **wish).model == "gpt-6.1-terra"


@pytest.mark.parametrize("mode", ["auto", "manual", "shadow"])
def test_a_model_without_a_key_is_refused(mode: str) -> None:
    with pytest.raises(BadRequest, match="None of your keys reaches 'claude-opus'"):
        ask(EASY, mode=mode, keys=("openai",))


def test_a_substitute_answers_where_the_organisation_wants_it() -> None:
    reply = ask(EASY, keys=("openai",), substitute_unreachable=True)
    assert (reply.model, reply.reason) == ("gpt-4o-mini", "not_reachable")
