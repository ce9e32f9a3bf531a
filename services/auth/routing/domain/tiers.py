"""Which model a tier names at each provider: the defaults, and what an organization chose instead."""

from collections.abc import Mapping

from libs.common.contracts.auth import Tier
from libs.common.contracts.providers import ProviderName

Tiers = Mapping[str, Mapping[Tier, str]]


def changed(own: Tiers, changes: Mapping[ProviderName, Mapping[Tier, str] | None]) -> dict[str, dict[Tier, str]]:
    """An organization's own choices after a change: tiers not named stay, None goes back to a provider's defaults."""
    merged = {provider: dict(models) for provider, models in own.items()}
    for provider, models in changes.items():
        merged[provider] = {} if models is None else {**merged.get(provider, {}), **models}
    return {provider: models for provider, models in merged.items() if models}


def effective(defaults: Tiers, own: Tiers) -> dict[str, dict[Tier, str]]:
    """What holds: the organization's choice where it made one, the default elsewhere."""
    return {provider: {**defaults.get(provider, {}), **own.get(provider, {})} for provider in sorted({*defaults, *own})}
