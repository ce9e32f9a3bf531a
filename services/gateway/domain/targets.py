"""Which of an organization's provider keys can serve a model."""

from collections.abc import Collection, Sequence

import msgspec

from libs.common.catalog import Catalog, Model
from libs.common.contracts.auth import Principal, ProviderKey
from libs.common.errors import BadRequest, NotFound

NO_KEY = "No valid provider key found. Please connect an API key in the dashboard."
_MAX_NAMED = 20


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A model under the name that was chosen, the id that is sent, and the keys that may be used, in turn.

    `note` says what an alias stands for.
    """

    model: str
    served_model: str
    provider: str
    keys: tuple[ProviderKey, ...]
    note: str | None = None

    def priced(self, catalog: Catalog) -> Model | None:
        """The catalogue's model, whose price applies; None: somebody's own server, whatever its model is called."""
        known = catalog.find(self.served_model)
        return known if known is not None and known.provider == self.provider else None


def find_target(model: str, principal: Principal, catalog: Catalog) -> Target | None:
    """Where a model can be had; None: no key of this organization reaches it."""
    listing = tuple(key for key in principal.provider_keys if model in key.models)
    if listing:
        return Target(model=model, served_model=model, provider=listing[0].provider, keys=listing)
    known = catalog.find(model)
    if known is None:
        return None
    keys = tuple(key for key in principal.provider_keys if key.provider == known.provider and not key.models)
    if not keys:
        return None
    alias = catalog.aliases.get(model)
    note = None if alias is None else alias.note
    return Target(model=model, served_model=known.name, provider=known.provider, keys=keys, note=note)


def restricted(principal: Principal, providers: Collection[str]) -> Principal:
    """The same with the keys of these providers only: no other key may leave, least of all to somebody else's address."""
    if all(key.provider in providers for key in principal.provider_keys):
        return principal
    keys = tuple(key for key in principal.provider_keys if key.provider in providers)
    return msgspec.structs.replace(principal, provider_keys=keys)


def available(principal: Principal) -> dict[str, tuple[str, ...]]:
    """Providers and the models that their keys list (none listed: the catalogue's)."""
    found: dict[str, tuple[str, ...]] = {}
    for key in principal.provider_keys:
        found[key.provider] = (*found.get(key.provider, ()), *key.models)
    return found


def check_known(model: str, principal: Principal, catalog: Catalog) -> None:
    """`NotFound` for a model that nobody here knows, with the names that would do."""
    if not principal.provider_keys:
        raise BadRequest(NO_KEY, code="no_provider_key")
    if catalog.find(model) is None and not any(model in key.models for key in principal.provider_keys):
        names = _available_names(principal, catalog)
        raise NotFound(
            f"The model `{model}` is not known. Models at hand: {', '.join(names)}.",
            code="model_not_found",
            param="model",
        )


def unreachable(model: str, principal: Principal, catalog: Catalog) -> BadRequest:
    """No key reaches the model that was requested; names those that would do, and the first two sentences as documented."""
    return BadRequest(
        f"{NO_KEY} None of your keys reaches `{model}`; models at hand: {', '.join(_available_names(principal, catalog))}. To let"
        " another model answer for one that no key reaches, switch `substitute_unreachable` on.",
        code="no_provider_key",
        param="model",
    )


def _available_names(principal: Principal, catalog: Catalog) -> Sequence[str]:
    names: dict[str, None] = {}
    for key in principal.provider_keys:
        names |= dict.fromkeys(key.models or catalog.of_provider(key.provider))
    shown = list(names)[:_MAX_NAMED]
    return [*shown, f"and {len(names) - len(shown)} more"] if len(names) > len(shown) else shown
