"""What the router needs from the outside."""

from typing import Protocol

from services.router.domain.gain import Estimate, Prior, shipped


class Neighbours(Protocol):
    """Questions with known answers of small and large models."""

    async def gain(self, text: str) -> float | None:
        """The mean gain of those that are near a text, 0 to 1; None where nobody can tell."""
        ...


class NoNeighbours:
    """Implements `Neighbours` without an embedding model."""

    async def gain(self, text: str) -> float | None:
        return None


class Estimates(Protocol):
    """What each organisation's traffic has taught."""

    def of(self, org_id: str) -> Estimate:
        """The newest at hand; never waits."""
        ...


class ShippedEstimates:
    """Implements `Estimates` for whoever learns nothing."""

    def __init__(self, prior: Prior) -> None:
        self._shipped = shipped(prior)

    def of(self, org_id: str) -> Estimate:
        return self._shipped
