"""The models that an organization's keys reach, as the APIs of OpenAI, Anthropic and Google list them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from libs.common.catalog import Catalog
from libs.common.contracts.auth import ModelAlias, Principal
from libs.common.errors import NotFound
from services.gateway.domain.targets import Target, find_target

_METHODS = ("generateContent", "streamGenerateContent", "countTokens")
_MOST = 1000


class AnthropicModel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A model as Anthropic's API shows it. Limits are tokens."""

    id: str
    type: Literal["model"] = "model"
    display_name: str
    created_at: Annotated[str, Meta(description="The day of the catalogue that lists it.")]
    lifecycle: Annotated[
        Literal["active", "deprecated"],
        Meta(description="`deprecated` where the catalogue knows a day of retirement, also one that is past."),
    ] = "active"
    retires_at: Annotated[str, Meta(description="The day of retirement that was announced.")] | UnsetType = UNSET
    max_input_tokens: int | UnsetType = UNSET
    max_tokens: Annotated[int, Meta(description="The most tokens of an answer.")] | UnsetType = UNSET


class Model(AnthropicModel, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A model as the APIs of OpenAI and Anthropic show it; `created` is in seconds since the epoch."""

    object: Literal["model"] = "model"
    created: int
    owned_by: Annotated[str, Meta(description="The provider that serves it.")]
    alias_of: Annotated[str, Meta(description="The model that this name stands for.")] | UnsetType = UNSET


class AnthropicPage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Anthropic's list format."""

    data: tuple[AnthropicModel, ...]
    has_more: bool = False
    first_id: str | None = None
    last_id: str | None = None


class ModelList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """OpenAI's list format, with the fields of Anthropic's. `models` is there for clients that look for it, and is empty."""

    object: Literal["list"] = "list"
    data: tuple[Model, ...]
    has_more: bool = False
    first_id: str | None = None
    last_id: str | None = None
    models: tuple[str, ...] | UnsetType = UNSET


class GoogleModel(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A model as Gemini's API shows it. Limits are tokens."""

    name: str
    display_name: str
    input_token_limit: int | UnsetType = UNSET
    output_token_limit: int | UnsetType = UNSET
    supported_generation_methods: tuple[str, ...] = _METHODS


class GoogleList(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Gemini's list format."""

    models: tuple[GoogleModel, ...]
    next_page_token: str | UnsetType = UNSET


def listed(principal: Principal, catalog: Catalog, *, with_models: bool = False) -> ModelList:
    """The models, aliases included, each name once; provider by provider in the order of the keys."""
    data = _all(principal, catalog)
    return ModelList(
        data=data,
        first_id=data[0].id if data else None,
        last_id=data[-1].id if data else None,
        models=() if with_models else UNSET,
    )


def anthropic_page(
    principal: Principal, catalog: Catalog, *, limit: int = 20, after: str | None = None, before: str | None = None
) -> AnthropicPage:
    """A page of Anthropic's list: what comes after one name, or before another."""
    models: Sequence[Model] = _all(principal, catalog)
    names = [model.id for model in models]
    limit = max(1, min(limit, _MOST))
    if before is not None and before in names:
        models = models[: names.index(before)]
        page, more = models[-limit:], len(models) > limit
    else:
        models = models[names.index(after) + 1 :] if after is not None and after in names else models
        page, more = models[:limit], len(models) > limit
    data = tuple(map(_for_anthropic, page))
    return AnthropicPage(
        data=data,
        has_more=more,
        first_id=data[0].id if data else None,
        last_id=data[-1].id if data else None,
    )


def google_list(principal: Principal, catalog: Catalog, *, size: int = 50, token: str | None = None) -> GoogleList:
    """A page of Gemini's list; `token` is the name that the last one ended before."""
    models = _all(principal, catalog)
    start = next((at for at, model in enumerate(models) if model.id == token), 0)
    end = start + max(1, min(size, _MOST))
    return GoogleList(
        models=tuple(map(_for_google, models[start:end])),
        next_page_token=models[end].id if end < len(models) else UNSET,
    )


def one(name: str, principal: Principal, catalog: Catalog) -> Model:
    """One of them; `NotFound` for a name that no key reaches."""
    own = principal.aliases.get(name)
    target = find_target(name, principal, catalog) if own is None else _meant(own, principal, catalog)
    if target is None:
        raise NotFound(
            f"The model `{name}` does not exist, or none of your provider keys reaches it.",
            code="model_not_found",
            param="model",
        )
    return _model(name, target.provider, principal, catalog)


def anthropic_one(name: str, principal: Principal, catalog: Catalog) -> AnthropicModel:
    """The same in Anthropic's format."""
    return _for_anthropic(one(name, principal, catalog))


def google_one(name: str, principal: Principal, catalog: Catalog) -> GoogleModel:
    """The same in Gemini's format."""
    return _for_google(one(name, principal, catalog))


def _all(principal: Principal, catalog: Catalog) -> tuple[Model, ...]:
    names: dict[str, str] = {}
    for key in principal.provider_keys:
        for name in key.models or catalog.of_provider(key.provider):
            names.setdefault(name, key.provider)
    for name, alias in principal.aliases.items():
        if (target := _meant(alias, principal, catalog)) is not None:
            names[name] = target.provider
    return tuple(_model(name, provider, principal, catalog) for name, provider in names.items())


def _meant(alias: ModelAlias, principal: Principal, catalog: Catalog) -> Target | None:
    """The first model of an alias that a key reaches."""
    named = (*(one.model for one in alias.models), *alias.fallbacks)
    return next((target for model in named if (target := find_target(model, principal, catalog)) is not None), None)


def _model(name: str, provider: str, principal: Principal, catalog: Catalog) -> Model:
    own = principal.aliases.get(name)
    meant = None if own is None else _meant(own, principal, catalog)
    alias, known = catalog.aliases.get(name), catalog.find(name if meant is None else meant.model)
    stands_for = meant.model if meant is not None else UNSET if alias is None else alias.target
    known = known if known is not None and known.provider == provider else None
    made = _listed_on(catalog)
    # Anthropic's third word, `retired`, says that requests fail: of that only the provider knows. A day that is past is no proof.
    retires = known.retires if known is not None else None
    return Model(
        id=name,
        display_name=name,
        created=int(made.timestamp()),
        created_at=made.strftime("%Y-%m-%dT%H:%M:%SZ"),
        lifecycle="active" if retires is None else "deprecated",
        retires_at=UNSET if retires is None else f"{retires.isoformat()}T00:00:00Z",
        max_input_tokens=(known.max_input_tokens if known is not None else 0) or UNSET,
        max_tokens=(known.max_output_tokens if known is not None else 0) or UNSET,
        owned_by=provider,
        alias_of=stands_for,
    )


def _for_anthropic(model: Model) -> AnthropicModel:
    return AnthropicModel(**{name: getattr(model, name) for name in AnthropicModel.__struct_fields__})


def _for_google(model: Model) -> GoogleModel:
    return GoogleModel(
        name=f"models/{model.id}",
        display_name=model.display_name,
        input_token_limit=model.max_input_tokens,
        output_token_limit=model.max_tokens,
    )


def _listed_on(catalog: Catalog) -> datetime:
    """When a model was made is not published; what is known is the day of the catalogue that lists it."""
    return datetime.fromisoformat(catalog.version[:10]).replace(tzinfo=UTC)
