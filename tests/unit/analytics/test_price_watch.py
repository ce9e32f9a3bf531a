"""What is to be known of prices: of which models, with what amounts, and what is not said."""

from collections.abc import Sequence
from datetime import date

import msgspec
import pytest

from libs.common.catalog import Catalog, load
from libs.common.contracts.events import PriceNotice, TokenClasses
from services.analytics.domain.price_watch import MOST, ModelUse, findings

TOKENS = TokenClasses(uncached_input=10_000_000, cache_read=5_000_000, output_text=1_500_000, output_reasoning=500_000)
DAY = date(2026, 11, 30)


def _use(model: str, **changes: object) -> ModelUse:
    return msgspec.structs.replace(
        ModelUse(model=model, requests=1_000, largest_input=15_000, tokens=TOKENS), **changes
    )


def _notices(*uses: ModelUse, day: date = DAY, catalog: Catalog | None = None) -> Sequence[PriceNotice]:
    return [one.notice for one in findings(uses, catalog or load(), day)]


def test_a_change_of_prices_is_reported_with_its_amount_on_the_own_tokens() -> None:
    [found] = _notices(_use("gemini-4-argon"))
    model = load().models["gemini-4-argon"]
    assert (found.kind, found.day, found.requests, found.other) == ("price_change", "2026-12-01", 1_000, None)
    assert found.cost_nano == model.cost_nano(TOKENS, DAY, input_each=15_000)
    assert found.other_cost_nano == model.cost_nano(TOKENS, date(2026, 12, 1), input_each=15_000)
    assert found.other_cost_nano == 2 * found.cost_nano
    assert _notices(_use("gemini-4-argon"), day=date(2026, 12, 1)) == []
    assert _notices(_use("gemini-4-argon"), day=date(2026, 10, 31)) == []


def test_a_model_that_ends_is_reported_twice_and_never_after_its_end() -> None:
    [first] = findings([_use("o3")], load(), date(2026, 9, 20))
    [last] = findings([_use("o3")], load(), DAY)
    assert (first.notice.kind, first.notice.day, first.key == last.key) == ("retirement", "2026-12-11", False)
    assert [one.key for one in findings([_use("o3")], load(), date(2026, 12, 5))] == [last.key]
    assert [one.key for one in findings([_use("o3")], load(), date(2026, 11, 1))] == [first.key]
    assert _notices(_use("o3"), day=date(2026, 12, 11)) == []


def test_a_cheaper_model_is_one_of_the_same_place_that_can_do_as_much() -> None:
    [found] = _notices(_use("claude-sonnet-4-6"))
    catalog = load()
    old, new = catalog.models["claude-sonnet-4-6"], catalog.models["claude-sonnet-5-5"]
    assert (found.kind, found.other) == ("cheaper_model", "claude-sonnet-5-5")
    assert found.cost_nano == old.cost_nano(TOKENS, DAY, input_each=15_000)
    assert found.other_cost_nano == new.cost_nano(TOKENS, DAY, hypothetical=True, input_each=15_000)
    assert new.capabilities >= old.capabilities


def test_nobody_is_sent_to_a_model_that_is_about_to_cost_more() -> None:
    # On this day gemini-4-argon costs a tenth less; from the next day on it costs twice as much.
    assert _notices(_use("gemini-3.1-pro-preview")) == []


@pytest.mark.parametrize("name", ["claude-opus-4-7", "gpt-4.1", "claude-opus-5-5", "nobody-knows-this", "gpt-6-luna"])
def test_of_a_model_without_a_place_or_a_successor_nothing_is_said(name: str) -> None:
    assert [one for one in _notices(_use(name)) if one.kind == "cheaper_model"] == []


def test_small_amounts_are_nobodys_mail() -> None:
    few = TokenClasses(uncached_input=10_000, output_text=2_000)
    assert _notices(_use("claude-sonnet-4-6", tokens=few)) == []


def test_names_of_one_model_are_added_up_and_long_inputs_pay_their_own_prices() -> None:
    [one] = _notices(_use("claude-opus-4-8"), _use("claude-opus-4-8", requests=5))
    assert one.requests == 1_005
    catalog = load()
    long = next(
        model
        for model in catalog.models.values()
        if (row := model.price(DAY)) is not None and row.long_context is not None and row.cache_read is not None
    )
    row = long.price(DAY)
    assert row is not None
    assert row.long_context is not None
    over = row.long_context.over_input_tokens
    short_cost, long_cost = (long.cost_nano(TOKENS, DAY, input_each=each) for each in (over, over + 1))
    assert short_cost is not None
    assert long_cost is not None
    assert short_cost < long_cost == long.cost_nano(TOKENS, DAY)
    assert over in catalog.long_inputs


def test_the_list_is_bounded_and_the_largest_comes_first() -> None:
    found = _notices(*map(_use, load().models))
    assert 5 < len(found) <= MOST
    amounts = [
        one.cost_nano if one.other_cost_nano is None else abs(one.cost_nano - one.other_cost_nano) for one in found
    ]
    assert amounts == sorted(amounts, reverse=True)
