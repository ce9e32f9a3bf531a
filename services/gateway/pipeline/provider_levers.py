"""What is added to a request on its way to the provider: marks for its cache, and its slower tier of service. Each where it pays."""

import msgspec

from libs.common.catalog import Catalog
from services.gateway.domain import deferral, prefix_writes
from services.gateway.domain.plan import Plan
from services.gateway.endpoints.base import Attempt
from services.gateway.providers.base import EncodedRequest
from services.gateway.state.prefix_reuse import PrefixReuse

_BREAKPOINTS = "cache_control"
_TIER = "service_tier"


def with_cached_prefix(
    attempt: Attempt, encoded: EncodedRequest, plan: Plan, catalog: Catalog, reuse: PrefixReuse
) -> tuple[EncodedRequest, prefix_writes.Breakpoints | None]:
    """The same with breakpoints, where it pays that the provider caches what it begins with; and which ones."""
    request, form = attempt.request, attempt.provider.formats.get(encoded.surface)
    on = request.settings.prefix_caching and request.settings.level != "off" and not plan.fallback_used
    if not on or form is None or form.beginning is None or encoded.local or _BREAKPOINTS in attempt.without:
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


def with_slower_tier(
    attempt: Attempt, encoded: EncodedRequest, plan: Plan, catalog: Catalog
) -> tuple[EncodedRequest, bool]:
    """The same to the provider's slower and cheaper tier of service, where the client can wait and asks for no tier; and whether it is."""
    form, request = attempt.provider.formats.get(encoded.surface), attempt.request
    tier = "" if form is None or encoded.local else form.slow_tier
    if not tier or plan.fallback_used or _TIER in attempt.without:
        return encoded, False
    factor = catalog.tier_factor(attempt.target.provider, tier, request.day)
    found = deferral.with_tier(encoded.body, tier) if deferral.can_wait(request, factor) else None
    if found is None:
        return encoded, False
    patience = float(min(request.overrides.deadline or 0, deferral.LONGEST))
    added = (*encoded.added, _TIER)
    return msgspec.structs.replace(encoded, body=found, added=added, raw=False, patience=patience), True
