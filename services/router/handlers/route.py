"""The door for ROUTE."""

from libs.common.bus.ports import Bus
from libs.common.contracts.router import ROUTE
from services.router.pipeline import Router


async def serve(bus: Bus, router: Router) -> None:
    """Answer which model serves a request."""
    await bus.serve(ROUTE, router.route)
