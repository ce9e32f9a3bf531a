"""Auth with an OpenID Connect provider, played by a server that checks what providers check."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from libs.common.bus import MemoryBus
from libs.common.clock import SystemClock
from services.auth.app import create_app
from tests.fake_issuer.app import CLIENT_ID, CLIENT_SECRET, FakeIssuer, playing
from tests.integration.auth.conftest import Auth, Org, settings_for
from tests.integration.auth.test_oauth import FRONTEND, Browser


class Ages(SystemClock):
    """The machine's clock, but for what is measured: how old a kept document is moves where a test moves it."""

    def __init__(self) -> None:
        self.elapsed = 0.0

    def monotonic(self) -> float:
        return self.elapsed

    def advance(self, seconds: float) -> None:
        self.elapsed += seconds


class World:
    """Auth, the provider, a clock for ages, and the organization of example.com."""

    def __init__(self, auth: Auth, fake: FakeIssuer, clock: Ages, base: str, org: Org) -> None:
        self.auth, self.fake, self.clock, self.base, self.org = auth, fake, clock, base, org
        self.email = ""

    def is_(self, name: str, *groups: str, **claims: Any) -> None:
        """Who sits at the browser."""
        self.email = f"{name}@example.com"
        self.fake.claims = {"sub": name, "email": self.email, "groups": list(groups), **claims}

    def browser(self) -> Browser:
        return Browser(self.auth, self.base)

    async def ended(self) -> dict[str, str]:
        """What the dashboard's page is told."""
        return await self.browser().sign_in("oidc")

    async def signed_in(self) -> dict[str, Any]:
        """The answer to the exchange."""
        browser = self.browser()
        ended = await browser.sign_in("oidc")
        assert set(ended) == {"code"}, ended
        answer = await browser.exchange(ended["code"])
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def refused(self, words: str, code: str | None = None) -> None:
        """The sign-in ends with these words."""
        ended = await self.ended()
        assert words in ended.get("error", ""), ended
        assert ended["error"].endswith(".")
        assert code is None or ended["error_code"] == code

    async def log(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.auth.call("GET", "/api/audit-log", self.org.token)).json()["entries"]
        return found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def oidc_running(database_url: str) -> AsyncIterator[World]:
    clock, bus = Ages(), MemoryBus()
    async with (
        create_app(settings_for(database_url), bus, clock) as app,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{app.port}", timeout=30) as http,
    ):
        org = await Auth(http, bus, settings_for(database_url)).new_org()
    bus = MemoryBus()
    async with playing() as fake:
        settings = settings_for(
            database_url,
            frontend_url=FRONTEND,
            public_url="http://localhost:8000/",
            oidc_issuer=fake.url,
            oidc_client_id=CLIENT_ID,
            oidc_client_secret=CLIENT_SECRET,
            oidc_name="Example Ltd",
            oidc_roles="admin=platform, member=staff, viewer=auditors",
            oidc_orgs=f"example.com={org.id}",
        )
        async with create_app(settings, bus, clock) as app:
            base = f"http://127.0.0.1:{app.port}"
            async with httpx.AsyncClient(base_url=base, timeout=30) as http:
                yield World(Auth(http, bus, settings), fake, clock, base, org)


@pytest.fixture(name="world")
def clean_world(oidc_running: World) -> World:
    oidc_running.fake.reset()
    oidc_running.clock.advance(60)  # what was fetched, or failed, is fetched again where it has to be
    return oidc_running
