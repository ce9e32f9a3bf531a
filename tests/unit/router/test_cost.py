"""What a request and those after it are expected to cost."""

from datetime import date
from decimal import Decimal

from libs.common import catalog
from libs.common.contracts.router import RouteRequest, UserTurn
from services.router.domain.cost import Outlook, expected, later, opening

DAY = date(2026, 11, 28)
MODELS = catalog.load()


def cost(name: str, ahead: Outlook) -> Decimal:
    model = MODELS.find(name)
    assert model is not None
    found = expected(model, ahead, DAY)
    assert found is not None
    return found


def test_one_request_costs_its_tokens() -> None:
    alone = Outlook(input=1_000, seen=0, output=100, following=0, marked=False)
    assert cost("gpt-4o", alone) == 1_000 * Decimal("2.5") + 100 * 10


def test_what_a_provider_has_kept_costs_less() -> None:
    warm = Outlook(input=10_000, seen=8_000, output=0, following=0, marked=False)
    assert cost("gpt-4o", warm) == 8_000 * Decimal("1.25") + 2_000 * Decimal("2.5")
    assert cost("claude-opus-4-8", warm) == 10_000 * 5, "kept only where that was asked for"
    marked = Outlook(input=10_000, seen=8_000, output=0, following=0, marked=True)
    assert cost("claude-opus-4-8", marked) == 8_000 * Decimal("0.5") + 2_000 * Decimal("6.25")


def test_few_tokens_are_not_kept() -> None:
    small = Outlook(input=900, seen=800, output=0, following=0, marked=False)
    assert cost("gpt-4o", small) == 900 * Decimal("2.5")


def test_a_long_request_pays_its_own_price() -> None:
    long = Outlook(input=300_000, seen=0, output=0, following=0, marked=False)
    assert cost("gpt-5.4", long) == 300_000 * 5


def test_the_outlook_of_a_conversation_is_told_from_its_first_turn() -> None:
    first = UserTurn(text="a", tokens=50, before=2_000)
    request = RouteRequest(requested_model="gpt-4o", prompt="a", conversation=(first,), answer_limit=20)
    grown = RouteRequest(
        requested_model="gpt-4o", prompt="b", conversation=(first, UserTurn(text="b", before=90_000)), answer_limit=20
    )
    assert opening(request) == opening(grown)
    assert (opening(request).input, opening(request).seen, opening(request).output) == (2_050, 2_000, 20)
    assert later(grown.conversation[1], grown).seen == 90_000


def test_a_price_that_nobody_knows_is_none() -> None:
    model = MODELS.find("gpt-4o")
    assert model is not None
    ahead = Outlook(input=1, seen=0, output=1, following=0, marked=False)
    assert expected(type(model)(name="x", provider="y", max_input_tokens=1, max_output_tokens=1), ahead, DAY) is None
