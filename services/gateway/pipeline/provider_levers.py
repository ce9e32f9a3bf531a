"""What is added to a request on its way to the provider: marks and a key for its cache, and its slower tier of service. Each where it
pays.
"""

from hashlib import blake2b

import msgspec

from libs.common.catalog import Catalog
from libs.common.conversation import system_text
from services.gateway.domain import deferral, holdout, prefix_writes
from services.gateway.domain.plan import Plan
from services.gateway.domain.request import Request
from services.gateway.endpoints.base import Attempt
from services.gateway.providers.base import EncodedRequest
from services.gateway.state.cache_keys import CacheKeys
from services.gateway.state.prefix_reuse import PrefixReuse

_BREAKPOINTS = "cache_control"
_KEY, _KEY_MARK = "prompt_cache_key", b'"prompt_cache_key"'
# Bytes: prompts of fewer than 1,024 tokens are not cached.
_SHORT = 2_048
_TIER = "service_tier"
# What a prompt begins with, by its names in the clients' APIs.
_BEGINNINGS = ("tools", "functions", "instructions", "system", "systemInstruction")


def with_cached_prefix(
    attempt: Attempt, encoded: EncodedRequest, plan: Plan, catalog: Catalog, reuse: PrefixReuse
) -> tuple[EncodedRequest, prefix_writes.Breakpoints | None]:
    """The same with breakpoints, where it pays that the provider caches what it begins with; and which ones."""
    request, form = attempt.request, attempt.provider.formats.get(encoded.surface)
    if not _on(attempt, encoded, plan) or form is None or form.beginning is None or _BREAKPOINTS in attempt.without:
        return encoded, None
    if (begins := form.beginning(encoded.body)) is None:
        return encoded, None
    size = begins.fixed + begins.earlier + begins.newest
    rates = prefix_writes.rates(attempt.target.priced(catalog), request.day, size)
    place = prefix_writes.Place(request.principal.org_id, attempt.key_id, attempt.target.served_model)
    made = None if rates is None else reuse.decide(place, begins, rates)
    if made is None:
        return encoded, None
    body = begins.with_breakpoints(made.lifetime, turns=made.turns)
    return msgspec.structs.replace(encoded, body=body, added=(*encoded.added, _BREAKPOINTS), raw=False), made


def with_cache_key(attempt: Attempt, encoded: EncodedRequest, plan: Plan, keys: CacheKeys) -> EncodedRequest:
    """The same with a key for the provider's cache, where it takes one, the client has none, and it pays."""
    request, form = attempt.request, attempt.provider.formats.get(encoded.surface)
    if not _on(attempt, encoded, plan) or form is None or not form.takes_cache_key or _KEY in attempt.without:
        return encoded
    if len(encoded.body) < _SHORT or _KEY_MARK in encoded.body or (shape := _shape(request)) is None:
        return encoded
    org_id = request.principal.org_id
    conversation = request.conversation or holdout.conversation(org_id, request.envelope, request.chat)
    if conversation is None:
        return encoded
    place = prefix_writes.Place(org_id, attempt.key_id, attempt.target.served_model)
    key = keys.key(place, shape, conversation)
    body = None if key is None else deferral.with_field(encoded.body, _KEY, key)
    if body is None:
        return encoded
    return msgspec.structs.replace(encoded, body=body, added=(*encoded.added, _KEY), raw=False)


def with_slower_tier(
    attempt: Attempt, encoded: EncodedRequest, plan: Plan, catalog: Catalog
) -> tuple[EncodedRequest, bool]:
    """The same to the provider's slower and cheaper tier of service, where the client can wait and asks for no tier; and whether it is."""
    form, request = attempt.provider.formats.get(encoded.surface), attempt.request
    tier = "" if form is None or encoded.local else form.slow_tier
    if not tier or plan.fallback_used or _TIER in attempt.without:
        return encoded, False
    factor = catalog.tier_factor(attempt.target.provider, tier, request.day)
    found = deferral.with_field(encoded.body, _TIER, tier) if deferral.can_wait(request, factor) else None
    if found is None:
        return encoded, False
    patience = float(min(request.overrides.deadline or 0, deferral.LONGEST))
    added = (*encoded.added, _TIER)
    return msgspec.structs.replace(encoded, body=found, added=added, raw=False, patience=patience), True


def _on(attempt: Attempt, encoded: EncodedRequest, plan: Plan) -> bool:
    settings = attempt.request.settings
    return settings.prefix_caching and settings.level != "off" and not plan.fallback_used and not encoded.local


def _shape(request: Request) -> bytes | None:
    """A digest of what an application sends each time: what its prompts begin with, else the first turn; None where neither is known."""
    top, chat = request.envelope.top, request.chat
    begins = [bytes(top[name]) for name in _BEGINNINGS if name in top]
    if chat is not None:
        told = system_text(chat.fields.messages)
        if not begins and not told:
            told = next(("\n".join(message.texts) for message in chat.fields.messages), "")
        begins.append(told.encode("utf-8", "surrogatepass"))
    if not any(begins):
        return None
    digest = blake2b(digest_size=16)
    for part in begins:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.digest()
