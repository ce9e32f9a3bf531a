"""The door for ROUTE."""

from functools import partial

from libs.common.catalog import Catalog
from libs.common.clock import Clock
from libs.common.contracts.router import RouteReply, RouteRequest
from libs.common.tokens import count_text
from services.router.domain.complexity import Weights, classify
from services.router.domain.decide import decide
from services.router.domain.reach import Reach


class Route:
    """Hands a request, the catalogue and today's prices to the decision."""

    def __init__(self, catalog: Catalog, weights: Weights, clock: Clock) -> None:
        self._catalog = catalog
        self._weights = weights
        self._clock = clock

    async def __call__(self, request: RouteRequest) -> RouteReply:
        today = self._clock.now().date()
        reach = Reach(self._catalog, request.reachable, request.tiers, request.needs, today)
        weigh = partial(classify, request.prompt, self._weights, request.cost_quality)
        return decide(request, reach, weigh, lambda texts: sum(count_text(request.requested_model, t) for t in texts))
