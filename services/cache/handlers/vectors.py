"""The handlers of LOOKUP_VECTORS and STORE_VECTORS."""

from libs.common.bus.ports import Bus
from libs.common.contracts.cache import LOOKUP_VECTORS, STORE_VECTORS
from services.cache.vectors import Vectors


async def serve(bus: Bus, vectors: Vectors) -> None:
    """Answer look-ups and stores of vectors."""
    await bus.serve(LOOKUP_VECTORS, vectors.find)
    await bus.serve(STORE_VECTORS, vectors.store)
