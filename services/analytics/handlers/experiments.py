"""Bus handler for EXPERIMENT."""

from libs.common.bus.ports import Bus
from libs.common.contracts.analytics import EXPERIMENT
from services.analytics.experiments import Experiments


async def serve(bus: Bus, experiments: Experiments) -> None:
    """Answer what an experiment has shown so far."""
    await bus.serve(EXPERIMENT, experiments.results)
