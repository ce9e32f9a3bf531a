"""The exact cache, and requests that are identical to one that is already on its way."""

import msgspec

from libs.common.contracts.cache import CacheHit
from services.gateway.domain import subrequests
from services.gateway.domain.plan import Plan
from services.gateway.domain.request import Request
from services.gateway.pipeline.recorder import RequestRecord
from services.gateway.ports import AnswerCache, DependencySkipped
from services.gateway.state.single_flight import SingleFlight


class CacheLookup:
    """Finds the answer to this very request."""

    def __init__(self, cache: AnswerCache, flights: SingleFlight) -> None:
        self._cache = cache
        self._flights = flights

    async def exact(self, request: Request, plan: Plan, record: RequestRecord) -> Plan:
        """The plan, answered if there is an answer. The request that is the first of its kind holds its flight in `record`."""
        lookup = subrequests.exact_lookup(request)
        if lookup is None:
            return plan
        if request.overrides.write_cache:
            # Before the look-up: an answer that comes between the two would be missed.
            shared, waited = await self._flights.join((lookup.org_id, lookup.fingerprint))
            plan = msgspec.structs.replace(plan, waited=waited)
            if isinstance(shared, CacheHit):
                return plan.answered_by(shared)
            record.flight = shared
        try:
            hit = await self._cache.exact(lookup)
        except DependencySkipped as skipped:
            return plan.without(skipped.part)
        return plan if hit is None else plan.answered_by(hit)
