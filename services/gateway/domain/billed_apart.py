"""What an answer costs beside one model's tokens: searches that the provider ran, and calls of other models within it."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

import msgspec

from libs.common.catalog import Catalog, Terms, load_units
from libs.common.contracts.events import TokenClasses
from services.gateway.domain.receipt import Receipt

Part = tuple[str, TokenClasses]


class Extra(msgspec.Struct, frozen=True, kw_only=True):
    """Nano-dollars, None where a price is not known; `unpriced` names what has none."""

    nano: int | None = 0
    unpriced: tuple[str, ...] = ()


def units_cost(provider: str, units: Mapping[str, float], day: date) -> Extra:
    """What is counted apart from tokens: uses of tools that the provider ran, by the tool's name."""
    nano, unpriced = 0, []
    for name, amount in units.items():
        if not amount:
            continue
        tool = load_units().find(provider, name)
        cost = None if tool is None else tool.cost({"use": Decimal(str(amount))}, day).nano
        if cost is None:
            unpriced.append(name)
        else:
            nano += cost
    return Extra(nano=None if unpriced else nano, unpriced=tuple(unpriced))


def parts_receipt(parts: Sequence[Part], catalog: Catalog, day: date, terms: Terms) -> Receipt:
    """The receipt of an answer that several calls of models made, each at its own model's price. No lever was at work."""
    nano: int | None = 0
    for name, tokens in parts:
        model = catalog.find(name)
        cost = None if model is None else model.cost_nano(tokens, day, terms=terms)
        nano = None if nano is None or cost is None else nano + cost
    return Receipt(baseline_nano=nano, actual_nano=nano, price_version=catalog.version)


def total(parts: Sequence[Part]) -> TokenClasses:
    """All tokens of them."""
    names = TokenClasses.__struct_fields__
    return TokenClasses(**{name: sum(getattr(tokens, name) for _, tokens in parts) for name in names})


def with_extra(receipt: Receipt, extra: Extra) -> Receipt:
    """The receipt with what would have been paid without us, too."""
    if not extra.nano and extra.nano is not None:
        return receipt

    def plus(nano: int | None) -> int | None:
        return None if nano is None or extra.nano is None else nano + extra.nano

    return msgspec.structs.replace(
        receipt, baseline_nano=plus(receipt.baseline_nano), actual_nano=plus(receipt.actual_nano)
    )
