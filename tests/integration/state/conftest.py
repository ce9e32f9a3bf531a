"""A control plane as `promptly apply` meets it: auth and alerts as they run, on a real Postgres, and a key for it."""

import base64
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest_asyncio

from deploy.state.settings import ControlPlaneSettings
from libs.common.bus import MemoryBus
from services.alerts.app import create_app as create_alerts
from services.alerts.settings import AlertsSettings
from services.auth.app import create_app as create_auth
from tests.integration.auth.conftest import Auth, settings_for


class ControlPlane:
    """An organization, and a key for the control plane with every scope."""

    def __init__(self, auth: Auth, token: str, settings: ControlPlaneSettings) -> None:
        self.auth, self.token, self.settings = auth, token, settings

    async def get(self, path: str) -> Any:
        return (await self.auth.call("GET", path, self.token)).json()

    async def post(self, path: str, **body: Any) -> dict[str, Any]:
        answer = await self.auth.call("POST", path, self.token, json=body)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def audited(self) -> int:
        """How many changes were made with a key."""
        entries = (await self.get("/api/audit-log?limit=200"))["entries"]
        return sum(entry["action"] == "control_key_used" for entry in entries)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(database_url: str) -> AsyncIterator[Auth]:
    """Both services, started once for the module."""
    bus, settings = MemoryBus(), settings_for(database_url, allowed_hosts="192.168.1.20:11434")
    alerts = AlertsSettings(database_url=database_url, alerts_kek=base64.b64encode(b"a" * 32).decode())
    async with (
        create_alerts(alerts, bus),
        create_auth(settings, bus) as app,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{app.port}", timeout=30) as http,
    ):
        yield Auth(http, bus, settings)
        await bus.drain()


@pytest_asyncio.fixture(loop_scope="module")
async def plane(running: Auth) -> ControlPlane:
    """An organization of the test's own."""
    org = await running.new_org()
    body = {"name": "apply", "scopes": ["settings", "providers", "keys", "alerts"]}
    made = (await running.call("POST", "/api/keys/control", org.token, json=body)).json()
    settings = ControlPlaneSettings(url=str(running.http.base_url), api_key=made["api_key"])
    return ControlPlane(running, org.token, settings)
