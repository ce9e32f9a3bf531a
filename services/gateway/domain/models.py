"""The models that an organization's keys reach, as OpenAI's API lists them."""

from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from libs.common.catalog import Catalog
from libs.common.contracts.auth import Principal
from libs.common.errors import NotFound
from services.gateway.domain.targets import find_target


class Model(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A model as OpenAI's API shows it; `created` is in seconds since the epoch."""

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: Annotated[str, Meta(description="The provider that serves it.")]
    alias_of: Annotated[str, Meta(description="The model that this name stands for.")] | UnsetType = UNSET


class ModelList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """OpenAI's list format."""

    object: Literal["list"] = "list"
    data: tuple[Model, ...]


def listed(principal: Principal, catalog: Catalog) -> ModelList:
    """The models, aliases included, each name once; provider by provider in the order of the keys."""
    names: dict[str, str] = {}
    for key in principal.provider_keys:
        for name in key.models or catalog.of_provider(key.provider):
            names.setdefault(name, key.provider)
    return ModelList(data=tuple(_model(name, provider, catalog) for name, provider in names.items()))


def one(name: str, principal: Principal, catalog: Catalog) -> Model:
    """One of them; `NotFound` for a name that no key reaches."""
    target = find_target(name, principal, catalog)
    if target is None:
        raise NotFound(
            f"The model `{name}` does not exist, or none of your provider keys reaches it.",
            code="model_not_found",
            param="model",
        )
    return _model(name, target.provider, catalog)


def _model(name: str, provider: str, catalog: Catalog) -> Model:
    alias = catalog.aliases.get(name)
    return Model(
        id=name,
        created=_created(catalog),
        owned_by=provider,
        alias_of=UNSET if alias is None else alias.target,
    )


def _created(catalog: Catalog) -> int:
    """When a model was made is not published; what is known is the day of the catalogue that lists it."""
    return int(datetime.fromisoformat(catalog.version[:10]).replace(tzinfo=UTC).timestamp())
