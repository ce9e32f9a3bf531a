"""Looks models up, through their aliases, and names the model of a tier."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from importlib import resources

import msgspec

from libs.common.catalog.model import Model
from libs.common.contracts.auth import Tier

# Other names of what everybody gets who asks for nothing else.
_STANDARD = ("default", "auto", "standard", "standard_only")


class Alias(msgspec.Struct, frozen=True, kw_only=True):
    """A name that stands for a model; `note` tells whoever still uses it what happened."""

    target: str
    note: str


class ServiceTier(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider's service tier multiplies every price with, from a day on, and who says so; None: nobody does."""

    factor: Decimal | None
    effective_from: date
    provenance: str


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """What a way to be served multiplies every price of a provider's models with; with `models`, of these alone."""

    factor: Decimal
    effective_from: date
    provenance: str
    models: tuple[str, ...] = ()


class _Models(msgspec.Struct, frozen=True, kw_only=True):
    version: str
    models: tuple[Model, ...]
    service_tiers: dict[str, dict[str, ServiceTier]] = {}
    rates: dict[str, dict[str, Rate]] = {}


class Generation(msgspec.Struct, frozen=True, kw_only=True):
    """Models of a provider that belong together in age; `tiers` is their own ladder, None the provider's table."""

    name: str
    models: tuple[str, ...]
    tiers: dict[Tier, str] | None = None


class _Generations(msgspec.Struct, frozen=True, kw_only=True):
    made: str
    why: str
    providers: dict[str, tuple[Generation, ...]]


class _Tiers(msgspec.Struct, frozen=True, kw_only=True):
    aliases: dict[str, Alias]
    tiers: dict[str, dict[Tier, str]]
    generations: _Generations


class Catalog:
    """The models of the three providers, and of other makers that keys may be for (`others.json`). `version` dates the price table
    and stands on every receipt.
    """

    def __init__(self, models: _Models, tiers: _Tiers, others: _Models | None = None) -> None:
        self.version = models.version
        self.aliases: Mapping[str, Alias] = tiers.aliases
        self.tiers: Mapping[str, Mapping[Tier, str]] = tiers.tiers
        self._service_tiers = models.service_tiers
        self._rates = models.rates
        # Ours come last: where both know a name, ours stands.
        listed = (*(others.models if others is not None else ()), *models.models)
        self._models = {model.name: model for model in listed}
        self._generations = {
            name: (age, generation)
            for generations in tiers.generations.providers.values()
            for age, generation in enumerate(generations)
            for name in generation.models
        }

    @property
    def models(self) -> Mapping[str, Model]:
        """All of them, by name."""
        return self._models

    def find(self, name: str) -> Model | None:
        """The model that a name or an alias stands for; None: not in the catalogue."""
        alias = self.aliases.get(name)
        return self._models.get(name if alias is None else alias.target)

    def tier_model(self, provider: str, tier: Tier, requested: str | None = None) -> str | None:
        """The name that a provider's tier has for whoever asks for a model of it; None for a provider without tiers."""
        asked = None if requested is None else self.find(requested)
        if asked is not None and asked.provider == provider:
            known = self._generations.get(asked.name)
            if known is not None and known[1].tiers is not None:
                return known[1].tiers.get(tier)
        return self.tiers.get(provider, {}).get(tier)

    def tier_factor(self, provider: str, tier: str | None, day: date) -> Decimal | None:
        """What a service tier multiplies prices with; None where that is not known, as for a tier that nobody has heard of."""
        if tier is None or tier in _STANDARD:
            return Decimal(1)
        found = self._service_tiers.get(provider, {}).get(tier)
        return found.factor if found is not None and found.effective_from <= day else None

    def rates_factor(self, provider: str, model: str, rates: tuple[str, ...], day: date) -> Decimal | None:
        """What these rates (`speed:fast`, `geo:us`) multiply a model's prices with; None where that is not known of one of them, 1 for
        a provider that has no such rates.
        """
        factor, table, known = Decimal(1), self._rates.get(provider, {}), self.find(model)
        for name in rates if table else ():
            rate = table.get(name)
            if rate is None or rate.effective_from > day:
                return None
            if rate.models and (known is None or known.name not in rate.models):
                return None
            factor *= rate.factor
        return factor

    def generations_older(self, name: str, requested: str) -> int:
        """How many generations a model is older than another of its provider; 0 where it is not, or nobody knows."""
        model, asked = self.find(name), self.find(requested)
        if model is None or asked is None or model.provider != asked.provider:
            return 0
        ages = [self._generations[one.name][0] for one in (asked, model) if one.name in self._generations]
        return max(ages[0] - ages[1], 0) if len(ages) == 2 else 0

    def successors(self, name: str) -> tuple[Model, ...]:
        """The models that stand where this one does on the ladders of its own provider's generations from its own on, without itself.
        None for a model that stands on no ladder; of several places, its highest counts.
        """
        model = self.find(name)
        known = None if model is None else self._generations.get(model.name)
        if model is None or known is None:
            return ()
        ladders = {
            age: generation.tiers or self.tiers.get(model.provider, {})
            for age, generation in self._generations.values()
            if self._models[generation.models[0]].provider == model.provider and age >= known[0]
        }
        own = [tier for tier, found in ladders[known[0]].items() if self.find(found) == model]
        if not own:
            return ()
        place = max(own, key=("simple", "medium", "complex").index)
        found = dict.fromkeys(self.find(ladder[place]) for _, ladder in sorted(ladders.items()))
        return tuple(one for one in found if one is not None and one != model)

    @property
    def long_inputs(self) -> tuple[int, ...]:
        """The numbers of input tokens above which some model has other prices, in order."""
        rows = (row for model in self._models.values() for row in model.prices if row.long_context is not None)
        return tuple(sorted({row.long_context.over_input_tokens for row in rows if row.long_context is not None}))

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
        msgspec.json.decode(folder.joinpath("others.json").read_bytes(), type=_Models),
    )
