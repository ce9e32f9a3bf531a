"""Which models a request can go to: the organization's keys, what the request needs, what it may cost."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from libs.common.catalog import Catalog, Model
from libs.common.contracts.auth import Tier
from libs.common.contracts.router import Needs, Reason
from services.router.domain.cost import Outlook, expected

_CAPABILITIES = ("vision", "audio", "files", "tools", "json_schema")
_ONE_CHOICE_ONLY = frozenset({"anthropic"})


class AvailableModels:
    """The catalogue as one organization's keys and one request see it, on one day."""

    def __init__(
        self,
        catalog: Catalog,
        reachable: Mapping[str, Sequence[str]],
        tiers: Mapping[str, Mapping[Tier, str]],
        needs: Needs,
        today: date,
        ahead: Outlook,
        *,
        older_generations: bool = False,
    ) -> None:
        self.providers = tuple(reachable)
        self._catalog = catalog
        self._reachable = reachable
        self._tiers = tiers
        self._needs = needs
        self._today = today
        self._ahead = ahead
        self._older_generations = older_generations

    def provider_of(self, name: str) -> str | None:
        """Whose key serves a model: a key that lists it first, then its provider's; None where no key does."""
        for provider, listed in self._reachable.items():
            if name in listed:
                return provider
        model = self._catalog.find(name)
        if model is None or model.provider not in self._reachable:
            return None
        listed = self._reachable[model.provider]
        return model.provider if not listed or model.name in listed else None

    def knows(self, name: str) -> bool:
        """Whether the catalogue or one of the keys has the name."""
        return self._catalog.find(name) is not None or self.provider_of(name) is not None

    def same(self, name: str, other: str) -> bool:
        """Whether two names stand for one model."""
        first, second = self._catalog.find(name), self._catalog.find(other)
        return name == other or (first is not None and second is not None and first.name == second.name)

    def tier(self, provider: str, tier: Tier, requested: str) -> str | None:
        """The model that a provider's tier names: the organization's own choice, else that of the requested model's age."""
        own = self._tiers.get(provider, {}).get(tier)
        return own or self._catalog.tier_model(provider, tier, requested)

    def chosen(self, provider: str, tier: Tier) -> bool:
        """Whether the organization itself chose a tier's model."""
        return tier in self._tiers.get(provider, {})

    def ineligible_reason(self, name: str, requested: str, *, alone: bool = False) -> Reason | None:
        """Why a model cannot stand in for the requested one; None: it can. `alone`: nothing but this request is compared."""
        if self.provider_of(name) is None:
            return "not_reachable"
        model, asked = self._catalog.find(name), self._catalog.find(requested)
        if model is None or asked is None:
            return "not_dearer"
        if not self._older_generations and self._catalog.generations_older(name, requested) > 1:
            return "not_capable"
        ahead = replace(self._ahead, seen=0, following=0) if alone else self._ahead
        mine, theirs = (expected(one, ahead, self._today) for one in (model, asked))
        if model.name != asked.name and (mine is None or theirs is None or mine > theirs):
            return "not_dearer"
        return None if self._capable(model) else "not_capable"

    def saves(self, name: str, instead_of: str, ahead: Outlook) -> bool:
        """Whether another model costs less, though it has seen nothing of the conversation and this one has."""
        model, now = self._catalog.find(name), self._catalog.find(instead_of)
        if model is None or now is None:
            return False
        moved = expected(model, replace(ahead, seen=0), self._today)
        stayed = expected(now, ahead, self._today)
        return moved is not None and stayed is not None and moved < stayed

    def names(self) -> list[str]:
        """The names that this organization can ask for."""
        return [
            name
            for provider, listed in self._reachable.items()
            for name in listed or self._catalog.of_provider(provider)
        ]

    def _capable(self, model: Model) -> bool:
        needs = self._needs
        if any(getattr(needs, name) and not model.can(name) for name in _CAPABILITIES):
            return False
        if needs.multiple_choices and model.provider in _ONE_CHOICE_ONLY:
            return False
        return not model.max_input_tokens or needs.context_tokens <= model.max_input_tokens
