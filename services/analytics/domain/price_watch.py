"""What the catalogue says of the models that an organization uses, on its own traffic. It reports; nothing acts on it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Final

import msgspec

from libs.common.catalog import Catalog, Model
from libs.common.contracts.events import PriceNotice, TokenClasses

PERIOD: Final = timedelta(days=30)
# How long before it a change of prices, and the end of a model, is reported; the end a second time.
_CHANGE_AHEAD: Final = timedelta(days=30)
_RETIREMENT_AHEAD: Final = (timedelta(days=14), timedelta(days=90))
# A model that itself ends soon is no way out.
_LASTS: Final = timedelta(days=180)
# Less is not worth anybody's mail: in nano-dollars over the period, and as a share of the cost.
_LEAST_NANO: Final = 1_000_000_000
_LEAST_SHARE: Final = 10  # percent
MOST: Final = 20


class ModelUse(msgspec.Struct, frozen=True, kw_only=True):
    """Requests to one model with inputs of one class of length: their tokens added up, and the largest input among them."""

    model: str
    requests: int
    largest_input: int
    tokens: TokenClasses


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """A notice and its `key`, by which it is reported once."""

    key: str
    notice: PriceNotice


def findings(uses: Iterable[ModelUse], catalog: Catalog, day: date) -> Sequence[Finding]:
    """What is to be known on a day, the largest difference first, at most `MOST`. Models and costs that are not known are left out."""
    by_model: dict[str, list[ModelUse]] = defaultdict(list)
    for use in uses:
        model = catalog.find(use.model)
        if model is not None:
            by_model[model.name].append(use)
    found = [
        finding
        for name, used in sorted(by_model.items())
        for finding in _of_model(catalog.models[name], used, catalog, day)
    ]
    return sorted(found, key=lambda one: (-_difference(one.notice), one.key))[:MOST]


def _of_model(model: Model, used: Sequence[ModelUse], catalog: Catalog, day: date) -> Iterable[Finding]:
    cost = _cost(model, used, day)
    if cost is None:
        return
    requests = sum(use.requests for use in used)
    retiring = model.retires is not None and day < model.retires <= day + _RETIREMENT_AHEAD[-1]
    best = _cheapest(model, used, catalog, day)
    for row in model.prices:
        start = row.effective_from
        if start is not None and day < start <= day + _CHANGE_AHEAD:
            then = _cost(model, used, start)
            if then is not None and then != cost:
                notice = PriceNotice(
                    kind="price_change",
                    model=model.name,
                    day=start.isoformat(),
                    requests=requests,
                    cost_nano=cost,
                    other_cost_nano=then,
                )
                yield Finding(key=f"price_change {model.name} {notice.day}", notice=notice)
    if retiring and model.retires is not None:
        ahead = next(one for one in _RETIREMENT_AHEAD if model.retires <= day + one)
        notice = PriceNotice(
            kind="retirement",
            model=model.name,
            day=model.retires.isoformat(),
            requests=requests,
            cost_nano=cost,
            other=None if best is None else best[1].name,
            other_cost_nano=None if best is None else best[0],
        )
        yield Finding(key=f"retirement {model.name} {notice.day} {ahead.days}", notice=notice)
    elif best is not None and all(_is_worth_it(own, best[0]) for own in _costs(model, used, day)):
        row_since = best[1].price(day)
        since = None if row_since is None or row_since.effective_from is None else row_since.effective_from.isoformat()
        notice = PriceNotice(
            kind="cheaper_model",
            model=model.name,
            day=since,
            requests=requests,
            cost_nano=cost,
            other=best[1].name,
            other_cost_nano=best[0],
        )
        yield Finding(key=f"cheaper_model {model.name} {notice.other} {since}", notice=notice)


def _cheapest(model: Model, used: Sequence[ModelUse], catalog: Catalog, day: date) -> tuple[int, Model] | None:
    """The successor that these tokens cost least on, of those that can do what the model can and stay; its cost is the highest that
    is announced, so that nobody moves to what is about to cost more.
    """
    priced = [
        (max(costs), one)
        for one in catalog.successors(model.name)
        if one.capabilities >= model.capabilities
        and one.max_input_tokens >= model.max_input_tokens
        and one.max_output_tokens >= model.max_output_tokens
        and (one.retires is None or one.retires > day + _LASTS)
        and (costs := _costs(one, used, day, hypothetical=True))
    ]
    return min(priced, key=lambda pair: (pair[0], pair[1].name), default=None)


def _cost(model: Model, used: Sequence[ModelUse], day: date, *, hypothetical: bool = False) -> int | None:
    total = 0
    for use in used:
        cost = model.cost_nano(use.tokens, day, hypothetical=hypothetical, input_each=use.largest_input)
        if cost is None:
            return None
        total += cost
    return total


def _costs(model: Model, used: Sequence[ModelUse], day: date, *, hypothetical: bool = False) -> Sequence[int]:
    """What these tokens cost on a day, and at each price that is announced for later; nothing where one of them is not known."""
    starts = [row.effective_from for row in model.prices if row.effective_from is not None and row.effective_from > day]
    costs = [_cost(model, used, one, hypothetical=hypothetical) for one in (day, *starts)]
    known = [cost for cost in costs if cost is not None]
    return known if len(known) == len(costs) else ()


def _is_worth_it(cost: int, other: int) -> bool:
    return cost - other >= _LEAST_NANO and (cost - other) * 100 >= cost * _LEAST_SHARE


def _difference(notice: PriceNotice) -> int:
    return notice.cost_nano if notice.other_cost_nano is None else abs(notice.cost_nano - notice.other_cost_nano)
