"""A request's way through the router."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import msgspec

from libs.common.catalog import Catalog
from libs.common.clock import Clock
from libs.common.contracts.router import RouteReply, RouteRequest
from libs.common.tokens import count_text
from services.router.domain.available_models import AvailableModels
from services.router.domain.complexity import Complexity, PromptFeatures, classify, extract_features
from services.router.domain.cost import opening
from services.router.domain.decide import decide
from services.router.domain.quality_uplift import Estimate
from services.router.domain.standing import Saves, simple_throughout, standing
from services.router.ports import Calibrations, NearestNeighbors
from services.router.weights import Weights


class Router:
    """Decides at first sight; compares with neighbors only where that could change the model."""

    def __init__(
        self, catalog: Catalog, weights: Weights, estimates: Calibrations, neighbors: NearestNeighbors, clock: Clock
    ) -> None:
        self._catalog = catalog
        self._weights = weights
        self._estimates = estimates
        self._neighbors = neighbors
        self._clock = clock

    async def route(self, request: RouteRequest) -> RouteReply:
        """Which model. Raises `BadRequest` as `decide` does."""
        reply = await self._routed(request)
        return msgspec.structs.replace(reply, simple=True) if self._is_simple(request) else reply

    def _is_simple(self, request: RouteRequest) -> bool:
        """Whether the conversation is, by what was learned before shipping alone: what an organization's traffic teaches changes from day
        to day, and a conversation is to stay what it was.
        """
        if not request.conversation_judged:
            return False
        return simple_throughout(request, self._shipped, self._weights.words)

    def _shipped(self, text: str) -> Complexity:
        return classify(extract_features(text, self._weights.judge, self._weights.words), self._estimates.of(""))

    async def _routed(self, request: RouteRequest) -> RouteReply:
        judging = _Judging(request, self._weights, self._estimates.of(request.org_id))
        reply = self._decide(request, judging)
        first, found = judging.opening or (None, None)
        if first is None or found is None or found.adjacent_tier is None:
            return reply
        # NearestNeighbors are asked about the first turn only: what a conversation stands at must not change on the way.
        if _same_model(reply, self._decide(request, judging.with_opening(replace(found, tier=found.adjacent_tier)))):
            return reply
        nearby = await self._neighbors.quality_uplift(first.reading.body)
        if nearby is None:
            return reply
        return self._decide(request, judging.with_opening(judging.classified(first, nearby)))

    def _decide(self, request: RouteRequest, judging: "_Judging") -> RouteReply:
        reach = AvailableModels(
            self._catalog,
            request.reachable,
            request.tiers,
            request.needs,
            self._clock.now().date(),
            opening(request),
            older_generations=request.older_generations,
        )
        return decide(request, reach, judging, partial(_count, request.requested_model))


class _Judging:
    """Judges the turns of one request, each text once."""

    def __init__(self, request: RouteRequest, weights: Weights, estimate: Estimate) -> None:
        self._request = request
        self._weights = weights
        self._estimate = estimate
        self._found: dict[str, Complexity] = {}
        self._opening_text = request.conversation[0].text if request.conversation else request.prompt
        self.opening: tuple[PromptFeatures, Complexity] | None = None

    def __call__(self, saves: Saves) -> Complexity:
        return standing(self._request, self._classify, self._weights.words, saves)

    def with_opening(self, found: Complexity) -> "_Judging":
        """The same where the first turn is taken to be this."""
        self._found[self._opening_text] = found
        return self

    def classified(self, seen: PromptFeatures, neighbors: float | None = None) -> Complexity:
        """A prompt's complexity, by this organization's experience and dial."""
        return classify(seen, self._estimate, self._request.cost_quality, neighbors)

    def _classify(self, text: str) -> Complexity:
        found = self._found.get(text)
        if found is None:
            seen = extract_features(text, self._weights.judge, self._weights.words)
            found = self._found[text] = self.classified(seen)
            if text == self._opening_text:
                self.opening = (seen, found)
        return found


def _count(model: str, texts: Sequence[str]) -> int:
    return sum(count_text(model, text) for text in texts)


def _same_model(one: RouteReply, other: RouteReply) -> bool:
    return (one.model, one.shadow_model) == (other.model, other.shadow_model)
