"""What the router needs from the outside."""

from typing import Protocol

from services.router.domain.quality_uplift import Estimate, Prior, shipped


class NearestNeighbors(Protocol):
    """Questions with known answers of small and large models."""

    async def quality_uplift(self, text: str) -> float | None:
        """The mean gain of those that are near a text, 0 to 1; None where nobody can tell."""
        ...


class NoNearestNeighbors:
    """Implements `NearestNeighbors` without an embedding model."""

    async def quality_uplift(self, text: str) -> float | None:
        return None


class Calibrations(Protocol):
    """What each organization's traffic has taught."""

    def of(self, org_id: str) -> Estimate:
        """The newest at hand; never waits."""
        ...


class ShippedCalibrations:
    """Implements `Calibrations` for whoever learns nothing."""

    def __init__(self, prior: Prior) -> None:
        self._shipped = shipped(prior)

    def of(self, org_id: str) -> Estimate:
        return self._shipped
