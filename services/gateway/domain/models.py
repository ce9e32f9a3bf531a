"""The models that an organisation's keys reach, as OpenAI's API lists them."""

from datetime import UTC, datetime
from typing import Any

from libs.common.catalog import Catalog
from libs.common.contracts.auth import Principal
from libs.common.errors import NotFound
from services.gateway.domain.targets import find_target, usable


def listed(principal: Principal, catalog: Catalog) -> list[dict[str, Any]]:
    """Model objects, aliases included, each name once; provider by provider in the order of the keys."""
    names: dict[str, str] = {}
    for key in usable(principal):
        for name in key.models or catalog.of_provider(key.provider):
            names.setdefault(name, key.provider)
    return [_model(name, provider, catalog) for name, provider in names.items()]


def one(name: str, principal: Principal, catalog: Catalog) -> dict[str, Any]:
    """One of them; `NotFound` for a name that no key reaches."""
    target = find_target(name, principal, catalog)
    if target is None:
        raise NotFound(
            f"The model `{name}` does not exist, or none of your provider keys reaches it.",
            code="model_not_found",
            param="model",
        )
    return _model(name, target.provider, catalog)


def _model(name: str, provider: str, catalog: Catalog) -> dict[str, Any]:
    found: dict[str, Any] = {"id": name, "object": "model", "created": _created(catalog), "owned_by": provider}
    if (alias := catalog.aliases.get(name)) is not None:
        found["alias_of"] = alias.target
    return found


def _created(catalog: Catalog) -> int:
    """Nobody tells when a model was made; what is known is the day of the catalogue that lists it."""
    return int(datetime.fromisoformat(catalog.version[:10]).replace(tzinfo=UTC).timestamp())
