"""Models that are not billed like chats: where they can be had, and what their use costs."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import msgspec

from libs.common.catalog import Catalog, UnitCatalog
from libs.common.catalog.units import UnitKind
from libs.common.contracts.auth import Principal
from libs.common.contracts.events import LeverShare, TokenClasses
from libs.common.errors import BadRequest, Forbidden, NotFound
from services.gateway.domain.pricing import most_expensive_nano
from services.gateway.domain.receipt import Receipt
from services.gateway.domain.targets import NO_KEY, Target


class UnitReceipt(msgspec.Struct, frozen=True, kw_only=True):
    """A receipt, and the units without a known price."""

    receipt: Receipt
    unpriced: tuple[str, ...] = ()


def unit_target(model: str, kind: UnitKind, principal: Principal, units: UnitCatalog) -> Target:
    """Where a model can be had: the keys of one server, for two servers may mean different models by one name.

    `NotFound` for a model that nobody here knows, `BadRequest` where no key reaches it.
    """
    if not principal.provider_keys:
        raise BadRequest(NO_KEY, code="no_provider_key")
    keys = tuple(key for key in principal.provider_keys if model in key.models)
    known = units.models.get(model)
    if not keys:
        if known is None or known.kind != kind:
            names = [found.name for found in units.models.values() if found.kind == kind]
            raise NotFound(
                f"The {kind} model `{model}` is not known. Models at hand: {', '.join(names)}, and those that your keys list.",
                code="model_not_found",
                param="model",
            )
        keys = tuple(key for key in principal.provider_keys if key.provider == known.provider and not key.models)
    if not keys:
        raise BadRequest(f"{NO_KEY} None of your keys reaches `{model}`.", code="no_provider_key", param="model")
    server = keys[0].provider, keys[0].base_url
    keys = tuple(key for key in keys if (key.provider, key.base_url) == server)
    return Target(model=model, served_model=model, provider=keys[0].provider, keys=keys)


def check_allowed(principal: Principal, model: str | None) -> None:
    """`Forbidden` where the key may use certain models only, and this is none of them."""
    if principal.unrouted_models and model not in principal.unrouted_models:
        name = "a model that is not named" if model is None else f"the model `{model[:256]}`"
        raise Forbidden(f"This key may not use {name}.", code="model_not_allowed", param="model")


def embedding_receipt(units: UnitCatalog, target: Target, day: date, *, shown: int, charged: int) -> UnitReceipt:
    """The receipt of an embeddings request: `charged` tokens were paid for out of the `shown` ones that it would have been
    without a cache. The rest is the caching lever's.
    """
    model = units.find(target.provider, target.served_model)
    before = model.cost({"input": shown}, day) if model is not None else None
    paid = model.cost({"input": charged}, day) if model is not None else None
    baseline = before.nano if before is not None else None
    actual = paid.nano if paid is not None else None if charged else 0
    saved = None if baseline is None or actual is None else baseline - actual
    levers = (LeverShare(lever="caching", tokens=shown - charged, nano_usd=saved),) if shown > charged else ()
    receipt = Receipt(baseline_nano=baseline, actual_nano=actual, levers=levers, price_version=units.version)
    unpriced = () if actual is not None else paid.unpriced if paid is not None else ("input",)
    return UnitReceipt(receipt=receipt, unpriced=unpriced)


def unit_receipt(
    units: UnitCatalog, provider: str, model: str | None, used: Mapping[str, int | Decimal] | None, day: date
) -> UnitReceipt:
    """The receipt of a call that no lever touched. `used` is None where the provider says nothing of it."""
    found = units.find(provider, model) if model is not None else None
    nano: int | None
    unpriced: tuple[str, ...]
    if used is None:
        nano, unpriced = None, ("usage",)
    elif found is None:
        nano, unpriced = None, tuple(sorted(used)) or ("price",)
    else:
        cost = found.cost(used, day)
        nano, unpriced = cost.nano, cost.unpriced
    return UnitReceipt(
        receipt=Receipt(baseline_nano=nano, actual_nano=nano, price_version=units.version), unpriced=unpriced
    )


def reserved_nano(units: UnitCatalog, catalog: Catalog, target: Target, tokens: int, day: date) -> int:
    """What tokens may cost a budget: at the highest known price where the model's own is not known."""
    model = units.find(target.provider, target.served_model)
    cost = None if model is None else model.cost({"input": tokens}, day).nano
    return most_expensive_nano(catalog, TokenClasses(uncached_input=tokens), day) if cost is None else cost
