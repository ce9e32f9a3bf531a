"""Bus handlers for OVERVIEW, SAVINGS, MODELS, LEVERS, BREAKDOWN and LATENCIES."""

from libs.common.bus.ports import Bus
from libs.common.contracts.analytics import BREAKDOWN, LATENCIES, LEVERS, MODELS, OVERVIEW, SAVINGS
from services.analytics.figures import Figures


async def serve(bus: Bus, figures: Figures) -> None:
    """Answer what an organization's requests cost and saved."""
    await bus.serve(OVERVIEW, figures.overview)
    await bus.serve(SAVINGS, figures.savings)
    await bus.serve(MODELS, figures.models)
    await bus.serve(LEVERS, figures.levers)
    await bus.serve(BREAKDOWN, figures.breakdown)
    await bus.serve(LATENCIES, figures.latencies)
