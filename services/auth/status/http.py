"""The state of each service, read over the bus, and how far the log is behind."""

import asyncio
from typing import Final

import msgspec
from litestar import Controller, get

from libs.common.bus import Bus
from libs.common.contracts.events import COMPLETION_FINISHED
from libs.common.contracts.status import SERVICES, AskStatus, Status, status_of
from libs.common.errors import PromptlyError
from libs.common.version import VERSION
from services.auth.domain.permissions import Action
from services.auth.http.dependencies import Injected
from services.auth.status.schemas import ServiceState, SystemState

_READERS: Final = ("analytics", "alerts")


class StatusController(Controller):
    """/api/status"""

    path = "/status"

    @get(needs=Action.READ)
    async def status(self, bus: Injected[Bus]) -> SystemState:
        """Each service: up, degraded (something it can do without is away) or down; `event_lag` counts requests that its
        figures do not show yet.
        """
        states = await asyncio.gather(*(_state(bus, service) for service in SERVICES))
        services = dict(zip(SERVICES, states, strict=True))
        for name, lag in zip(_READERS, await asyncio.gather(*(_lag(bus, name) for name in _READERS)), strict=True):
            services[name] = msgspec.structs.replace(services[name], event_lag=lag)
        fine = all(state.status == "up" for state in services.values())
        return SystemState(
            status="up" if fine and bus.connected else "degraded",
            version=VERSION,
            bus="up" if bus.connected else "down",
            services=services,
        )


async def _state(bus: Bus, service: str) -> ServiceState:
    try:
        found = await bus.call(status_of(service), AskStatus())
    except PromptlyError as error:
        if service != "auth":
            return ServiceState(status="down", version=None, degraded=(), missing=(), reason=error.code)
        found = Status(version=VERSION, degraded=("bus",))  # auth answers this very request
    return ServiceState(
        status="down" if found.missing else "degraded" if found.degraded else "up",
        version=found.version,
        degraded=found.degraded,
        missing=found.missing,
    )


async def _lag(bus: Bus, reader: str) -> int | None:
    try:
        return await bus.pending(COMPLETION_FINISHED, reader)
    except PromptlyError:
        return None
