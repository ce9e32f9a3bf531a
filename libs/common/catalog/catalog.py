"""Looks models up, through their aliases, and names the model of a tier."""

from collections.abc import Mapping
from functools import cache
from importlib import resources

import msgspec

from libs.common.catalog.model import Model
from libs.common.contracts.auth import Tier


class Alias(msgspec.Struct, frozen=True, kw_only=True):
    """A name that stands for a model; `note` tells whoever still uses it what happened."""

    target: str
    note: str


class _Models(msgspec.Struct, frozen=True, kw_only=True):
    version: str
    models: tuple[Model, ...]


class _Tiers(msgspec.Struct, frozen=True, kw_only=True):
    aliases: dict[str, Alias]
    tiers: dict[str, dict[Tier, str]]


class Catalog:
    """The models of the three providers. `version` dates the price table and stands on every receipt."""

    def __init__(self, models: _Models, tiers: _Tiers) -> None:
        self.version = models.version
        self.aliases: Mapping[str, Alias] = tiers.aliases
        self.tiers: Mapping[str, Mapping[Tier, str]] = tiers.tiers
        self._models = {model.name: model for model in models.models}

    def find(self, name: str) -> Model | None:
        """The model that a name or an alias stands for; None: not in the catalogue."""
        alias = self.aliases.get(name)
        return self._models.get(name if alias is None else alias.target)

    def tier_model(
        self, provider: str, tier: Tier, overrides: Mapping[str, Mapping[Tier, str]] | None = None
    ) -> str | None:
        """The name that a provider's tier has, an organisation's own choice first; None for a provider without tiers."""
        own = (overrides or {}).get(provider, {}).get(tier)
        return own or self.tiers.get(provider, {}).get(tier)

    def of_provider(self, provider: str) -> tuple[str, ...]:
        """Every name and alias of a provider, in the catalogue's order."""
        names = [model.name for model in self._models.values() if model.provider == provider]
        return (*names, *(a for a, alias in self.aliases.items() if self._models[alias.target].provider == provider))


@cache
def load() -> Catalog:
    """The catalogue that ships with Promptly, read once."""
    folder = resources.files(__package__)
    return Catalog(
        msgspec.json.decode(folder.joinpath("models.json").read_bytes(), type=_Models),
        msgspec.json.decode(folder.joinpath("tiers.json").read_bytes(), type=_Tiers),
    )
