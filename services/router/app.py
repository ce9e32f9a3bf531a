"""Puts the router together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from libs.common import catalog
from libs.common.bus.ports import Bus
from libs.common.clock import SystemClock
from libs.common.contracts.router import ROUTE
from libs.common.runner import App
from libs.common.tokens import encoding_for
from services.router.handlers.route import Route
from services.router.settings import RouterSettings
from services.router.weights import load_weights


@asynccontextmanager
async def create_app(settings: RouterSettings, bus: Bus) -> AsyncIterator[App]:
    """Serve ROUTE once the vocabulary for `token_count` rules is loaded, so that no request waits for it."""
    await asyncio.to_thread(encoding_for, "gpt-4o")
    await bus.serve(ROUTE, Route(catalog.load(), load_weights(), SystemClock()))
    yield App()
