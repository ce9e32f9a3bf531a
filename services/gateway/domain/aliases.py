"""An organization's own names for models: a name stands for one of several models by their weights, and for others when that one fails."""

from collections.abc import Sequence
from hashlib import blake2b

import msgspec

from libs.common.catalog import Catalog
from libs.common.contracts.auth import ModelAlias, Principal
from services.gateway.domain.targets import Target, find_target

_RANGE = 1 << 64


class Resolved(msgspec.Struct, frozen=True, kw_only=True):
    """What an alias stands for in one conversation: a model, and the models that answer in its place, in this order."""

    model: str
    fallbacks: tuple[Target, ...]


def resolve(name: str, alias: ModelAlias, principal: Principal, catalog: Catalog, conversation: str) -> Resolved:
    """The model of this conversation: always the same one with the same weights. A model that no key reaches takes no part; where none
    of them is reached, the first fallback that is stands in, and else the first model, which is then refused by its name.
    """
    weighted = [one for one in alias.models if find_target(one.model, principal, catalog) is not None]
    fallbacks = [
        one for one in (find_target(model, principal, catalog) for model in alias.fallbacks) if one is not None
    ]
    if weighted:
        chosen = _drawn(weighted_sum := sum(one.weight for one in weighted), (principal.org_id, name, conversation))
        for one in weighted:
            chosen -= one.weight
            if chosen < 0:
                return Resolved(model=one.model, fallbacks=_others(one.model, fallbacks))
        raise AssertionError(f"a number below {weighted_sum} is in one of its parts")
    if fallbacks:
        return Resolved(model=fallbacks[0].model, fallbacks=tuple(fallbacks[1:]))
    return Resolved(model=alias.models[0].model, fallbacks=())


def _others(model: str, fallbacks: Sequence[Target]) -> tuple[Target, ...]:
    return tuple(one for one in fallbacks if one.model != model)


def _drawn(below: int, about: tuple[str, ...]) -> int:
    """A number from 0 up to and without `below`, always the same for the same."""
    digest = blake2b(msgspec.json.encode(about), digest_size=8, person=b"model alias").digest()
    return int.from_bytes(digest, "big") * below // _RANGE
