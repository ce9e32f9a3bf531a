"""A request's way through the router."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from libs.common.catalog import Catalog
from libs.common.clock import Clock
from libs.common.contracts.router import RouteReply, RouteRequest
from libs.common.tokens import count_text
from services.router.domain.complexity import Complexity, Look, classify, look
from services.router.domain.decide import decide
from services.router.domain.reach import Reach
from services.router.ports import Estimates, Neighbours
from services.router.weights import Weights


class Router:
    """Decides at first sight; compares with neighbours only where that could change the model."""

    def __init__(
        self, catalog: Catalog, weights: Weights, estimates: Estimates, neighbours: Neighbours, clock: Clock
    ) -> None:
        self._catalog = catalog
        self._weights = weights
        self._estimates = estimates
        self._neighbours = neighbours
        self._clock = clock

    async def route(self, request: RouteRequest) -> RouteReply:
        """Which model. Raises `BadRequest` as `decide` does."""
        estimate = self._estimates.of(request.org_id)
        seen: list[tuple[Look, Complexity]] = []

        def at_first_sight() -> Complexity:
            first = look(request.prompt, self._weights.evidence)
            seen.append((first, classify(first, estimate, request.cost_quality)))
            return seen[0][1]

        reply = self._decide(request, at_first_sight)
        if not seen or (otherwise := seen[0][1].otherwise) is None:
            return reply
        first, found = seen[0]
        if _same_model(reply, self._decide(request, lambda: replace(found, tier=otherwise))):
            return reply
        nearby = await self._neighbours.gain(first.reading.body)
        if nearby is None:
            return reply
        return self._decide(request, lambda: classify(first, estimate, request.cost_quality, nearby))

    def _decide(self, request: RouteRequest, classify: Callable[[], Complexity]) -> RouteReply:
        today = self._clock.now().date()
        reach = Reach(self._catalog, request.reachable, request.tiers, request.needs, today)
        return decide(request, reach, classify, partial(_count, request.requested_model))


def _count(model: str, texts: Sequence[str]) -> int:
    return sum(count_text(model, text) for text in texts)


def _same_model(one: RouteReply, other: RouteReply) -> bool:
    return (one.model, one.shadow_model) == (other.model, other.shadow_model)
