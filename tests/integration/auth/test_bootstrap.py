"""A new installation belongs to whoever runs it, not to whoever comes first."""

import httpx

from libs.common.bus import MemoryBus
from services.auth.app import create_app
from tests.integration.auth.conftest import Auth, settings_for


async def test_the_first_visitor_of_a_new_installation_needs_its_token(database_url: str) -> None:
    settings = settings_for(database_url, bootstrap_token="only-the-operator-knows")
    async with (
        create_app(settings, MemoryBus()) as app,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{app.port}", timeout=30) as http,
    ):
        auth = Auth(http, MemoryBus(), settings)
        assert (await http.get("/api/auth/options")).json()["bootstrap_token"] is True
        for given in ({}, {"bootstrap_token": "a guess"}):
            refused = await auth.register(**given)
            assert refused.status_code == 403
            assert "PROMPTLY_BOOTSTRAP_TOKEN" in refused.json()["detail"]
        assert (await auth.register(bootstrap_token="only-the-operator-knows")).status_code == 201
        assert (await auth.register()).status_code == 201
        assert (await http.get("/api/auth/options")).json()["bootstrap_token"] is False
