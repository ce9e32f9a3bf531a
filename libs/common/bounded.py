"""Bounds of what a finished request may say of itself: whatever a provider or a client wrote, its record fits everywhere.

Names come from providers and clients; a record with one of megabytes is refused by the bus, and a number beyond 64 bits by
Postgres. Such a record would be lost, or hold up others, so it is cut to size, and says which fields were.
"""

import math
from operator import attrgetter
from typing import Any, Final

import msgspec

from libs.common.contracts.events import CompletionFinished, LeverShare, TokenClasses

MAX_NAME: Final = 256
MAX_ITEMS: Final = 64
MAX_TOKENS: Final = 10**10  # of one class, in one request
MAX_NANO: Final = 10**16
_MAX_MS: Final = 10.0**12
_TOKENS: Final = TokenClasses.__struct_fields__
# What says who, when and how it ended is our own.
_OURS: Final = frozenset(("id", "org_id", "key_id", "user_id", "kind", "status", "cache", "tier", "time_ms", "clamped"))
_NAMES: Final = tuple(
    field.name
    for field in msgspec.structs.fields(CompletionFinished)
    if field.type in (str, str | None) and field.name not in _OURS
)
_COUNTS: Final = ("original_tokens", "optimized_tokens", "charged_tokens")
_ITEM_COUNTS: Final = ("items", "cached_items")
_MAX_ITEM_COUNT: Final = 10**6
_AMOUNTS: Final = ("baseline_cost_nano", "actual_cost_nano", "shadow_savings_nano")
_FLOATS: Final = ("latency_ms", "overhead_ms", "provider_ms", "first_byte_ms", "cache_similarity", "routing_score")
_LISTS: Final = ("degraded", "not_done", "dropped", "unpriced")
# Each request's record is looked through.
_names, _floats, _counts, _tokens, _amounts, _item_counts, _lists_of = (
    attrgetter(*names) for names in (_NAMES, _FLOATS, _COUNTS, _TOKENS, _AMOUNTS, _ITEM_COUNTS, _LISTS)
)


def bounded(event: CompletionFinished) -> CompletionFinished:
    """The event with every field in its bounds; `clamped` names those that were not. An amount that follows from a number
    that was cut is unknown, not wrong.
    """
    changed: dict[str, Any] = {}
    names = _names(event)
    together = "".join(filter(None, names))
    usual = together.isascii() and len(together) <= MAX_NAME
    for name, value in () if usual else zip(_NAMES, names, strict=True):
        if value is not None and (len(value) > MAX_NAME or not value.isascii()) and (cut := text(value)) != value:
            changed[name] = cut
    for name, value in zip(_FLOATS, _floats(event), strict=True):
        if value is not None and not -_MAX_MS <= value <= _MAX_MS:  # also what is no number
            changed[name] = 0.0 if math.isnan(value) else math.copysign(_MAX_MS, value)
    for name, value in zip(_COUNTS, _counts(event), strict=True):
        if not -MAX_TOKENS <= value <= MAX_TOKENS:
            changed[name] = min(max(value, -MAX_TOKENS), MAX_TOKENS)
    for name, value in zip(_ITEM_COUNTS, _item_counts(event), strict=True):
        if not 0 <= value <= _MAX_ITEM_COUNT:
            changed[name] = min(max(value, 0), _MAX_ITEM_COUNT)
    counts, used = {}, _tokens(event.tokens)
    if min(used) < 0 or max(used) > MAX_TOKENS:
        counts = {name: min(max(value, 0), MAX_TOKENS) for name, value in zip(_TOKENS, used, strict=True)}
    if counts:
        changed["tokens"] = msgspec.structs.replace(event.tokens, **counts)
    if event.shadow_levers and any(map(_odd, event.shadow_levers)):
        changed["shadow_levers"] = tuple(_unknown(share) for share in event.shadow_levers[:MAX_ITEMS])
    if counts or any(map(_too_much, _amounts(event))) or any(map(_odd, event.levers)):
        changed |= dict.fromkeys(_AMOUNTS)
        changed["levers"] = tuple(_unknown(share) for share in event.levers[:MAX_ITEMS])
    if not 0 <= event.status_code <= 999:
        changed["status_code"] = 0
    changed |= _lists(event)
    if not changed:
        return event
    return msgspec.structs.replace(event, **changed, clamped=tuple(sorted({*event.clamped, *changed})))


def text(value: str, most: int = MAX_NAME) -> str:
    """The beginning of a text, as what can be encoded."""
    return value[:most].encode("utf-8", "replace").decode()


def _lists(event: CompletionFinished) -> dict[str, Any]:
    changed: dict[str, Any] = {}
    for name, value in zip(_LISTS, _lists_of(event), strict=True):
        if value and value != (cut := tuple(text(item) for item in value[:MAX_ITEMS])):
            changed[name] = cut
    if event.tags and event.tags != (tags := {text(k): text(v) for k, v in list(event.tags.items())[:MAX_ITEMS]}):
        changed["tags"] = tags
    if event.units and event.units != (units := _units(event.units)):
        changed["units"] = units
    features = event.routing_features
    if features and (len(features) > 4 * MAX_ITEMS or not all(map(math.isfinite, features))):
        changed["routing_features"] = ()
    return changed


def _units(units: dict[str, float]) -> dict[str, float]:
    """Amounts that a record can hold; what is no amount is left out."""
    kept = [(text(name), amount) for name, amount in list(units.items())[:MAX_ITEMS]]
    return {name: amount for name, amount in kept if 0 <= amount <= MAX_TOKENS}


def _too_much(nano: int | None) -> bool:
    return nano is not None and not -MAX_NANO <= nano <= MAX_NANO


def _odd(share: LeverShare) -> bool:
    return _too_much(share.nano_usd) or not -MAX_TOKENS <= share.tokens <= MAX_TOKENS


def _unknown(share: LeverShare) -> LeverShare:
    tokens = min(max(share.tokens, -MAX_TOKENS), MAX_TOKENS)
    return msgspec.structs.replace(share, tokens=tokens, nano_usd=None)
