"""The doors for LOOKUP_EXACT and LOOKUP_SEMANTIC."""

from libs.common.bus.ports import Bus
from libs.common.contracts.cache import LOOKUP_EXACT, LOOKUP_SEMANTIC
from services.cache.answers import Answers


async def serve(bus: Bus, answers: Answers) -> None:
    """Answer look-ups."""
    await bus.serve(LOOKUP_EXACT, answers.exact)
    await bus.serve(LOOKUP_SEMANTIC, answers.semantic)
