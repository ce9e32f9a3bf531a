"""Auth, a gateway and a played issuer, which an organization trusts with its callers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
import structlog

from libs.common.bus import MemoryBus
from libs.common.clock import ManualClock
from libs.common.contracts.events import COMPLETION_FINISHED, CompletionFinished
from libs.common.web import serve_http
from services.auth.app import create_app as create_auth
from services.gateway.app import create_app as create_gateway
from services.gateway.settings import GatewaySettings
from tests.fake_issuer.app import CLIENT_ID, CLIENT_SECRET, FakeIssuer, SigningKey, playing
from tests.fake_provider.app import FakeProvider
from tests.integration.auth.conftest import Auth, Org, settings_for
from tests.integration.auth.test_oauth import FRONTEND

CHAT = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}
MESSAGES = {**CHAT, "max_tokens": 9}
GEMINI = {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]}
WAYS: dict[str, tuple[str, dict[str, Any], str]] = {
    "chat": ("/v1/chat/completions", CHAT, "authorization"),
    "messages": ("/v1/messages", MESSAGES, "x-api-key"),
    "gemini": ("/v1beta/models/gpt-4o:generateContent", GEMINI, "x-goog-api-key"),
}


class World:
    """All of it. The gateway's clock stands still; `org` trusts the issuer for the audience `promptly`."""

    def __init__(
        self, auth: Auth, issuer: FakeIssuer, bus: MemoryBus, clock: ManualClock, http: httpx.AsyncClient
    ) -> None:
        self.auth, self.issuer, self.bus, self.clock, self.http = auth, issuer, bus, clock, http
        self.finished: list[CompletionFinished] = []
        self.more = asyncio.Condition()
        self.provider_url = ""
        self.org: Org
        self.key_id = self.trusted = ""

    async def connected(self) -> Org:
        """An organization that has connected a provider."""
        org = await self.auth.new_org()
        off = {"level": "off", "cache_enabled": False, "routing_mode": "manual"}
        assert (await self.auth.call("PUT", "/api/optimization/settings", org.token, json=off)).status_code == 200
        body = {"provider": "openai", "api_key": "sk-provider-key-1234", "base_url": f"{self.provider_url}/v1"}
        assert (await self.auth.call("POST", "/api/keys/providers", org.token, json=body)).status_code == 201
        return org

    async def key(self, org: Org, **changes: Any) -> str:
        made = await self.auth.call("POST", "/api/keys/platform", org.token, json={"name": "callers", **changes})
        assert made.status_code == 201, made.text
        return str(made.json()["id"])

    async def trust(self, org: Org, key_id: str, **changes: Any) -> httpx.Response:
        body = {"issuer": self.issuer.url, "audience": "promptly", "key_id": key_id, **changes}
        return await self.auth.call("POST", "/api/issuers", org.token, json=body)

    async def ask(self, token: str, way: str = "chat", **headers: str) -> httpx.Response:
        path, body, header = WAYS[way]
        value = f"Bearer {token}" if header == "authorization" else token
        return await self.http.post(path, json=body, headers={header: value, **headers})

    async def event(self, answer: httpx.Response) -> CompletionFinished:
        """What is recorded of an answered request."""
        mine = answer.headers["x-promptly-request-id"]
        async with asyncio.timeout(10), self.more:
            await self.more.wait_for(lambda: any(one.id == mine for one in self.finished))
        return next(one for one in self.finished if one.id == mine)

    async def refused(self, token: str, words: str, way: str = "chat") -> None:
        """It is refused in the client's format, with a sentence that quotes nothing of it."""
        with structlog.testing.capture_logs() as logged:
            answer = await self.ask(token, way)
        assert answer.status_code == 401, answer.text
        error = answer.json()["error"]
        assert words in error["message"], error
        assert error["message"].startswith("This token is not accepted. ")
        form = {"chat": "code" in error, "messages": error.get("type") == "authentication_error"}
        assert form.get(way, error.get("status") == "UNAUTHENTICATED")
        for part in filter(None, token.split(".")):
            assert part not in answer.text
            assert part not in str(logged)


@asynccontextmanager
async def running(database_url: str, directory: Path) -> AsyncIterator[World]:
    bus, clock, provider = MemoryBus(), ManualClock(datetime.now(UTC)), FakeProvider()
    async with AsyncExitStack() as stack:
        issuer = await stack.enter_async_context(playing())
        served = await stack.enter_async_context(serve_http(provider, "127.0.0.1", 0, 1.0))  # type: ignore[arg-type]
        hosts = f"{issuer.url.removeprefix('http://')},127.0.0.1:{served.port}"
        settings = settings_for(
            database_url,
            allowed_hosts=hosts,
            frontend_url=FRONTEND,
            oidc_issuer=issuer.url,
            oidc_client_id=CLIENT_ID,
            oidc_client_secret=CLIENT_SECRET,
            oidc_roles="member=staff",
            oidc_org_claim="organization",
        )
        auth = await stack.enter_async_context(create_auth(settings, bus))
        gateway = await stack.enter_async_context(
            create_gateway(
                GatewaySettings(
                    port=0,
                    key_pepper=settings.key_pepper,
                    kek=settings.kek,
                    spool_dir=str(directory / "spool"),
                    allowed_hosts=hosts,
                    auth_url=f"http://127.0.0.1:{auth.port}",
                    drain_seconds=2.0,
                    stream_drain_seconds=1.0,
                ),
                bus,
                clock,
            )
        )
        api = await stack.enter_async_context(httpx.AsyncClient(base_url=f"http://127.0.0.1:{auth.port}", timeout=30))
        v1 = await stack.enter_async_context(httpx.AsyncClient(base_url=f"http://127.0.0.1:{gateway.port}", timeout=30))
        world = World(Auth(api, bus, settings), issuer, bus, clock, v1)

        async def finished(batch: list[CompletionFinished]) -> None:
            async with world.more:
                world.finished.extend(batch)
                world.more.notify_all()

        await bus.consume(COMPLETION_FINISHED, "test", finished)  # type: ignore[arg-type]
        world.provider_url = f"http://127.0.0.1:{served.port}"
        world.org = await world.connected()
        world.key_id = await world.key(world.org)
        claims = {"user_claim": "email", "tag_claim": "department"}
        trusted = await world.trust(world.org, world.key_id, **claims)
        assert trusted.status_code == 201, trusted.text
        world.trusted = trusted.json()["id"]
        yield world
        await bus.drain()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def callers_running(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with running(database_url, tmp_path_factory.mktemp("callers")) as found:
        yield found


@pytest.fixture(name="world")
def clean_world(callers_running: World) -> World:
    callers_running.issuer.reset()
    return callers_running


def token(world: World, key: SigningKey | None = None, **claims: Any) -> str:
    now = int(world.clock.now().timestamp())
    times = {"iat": now, "exp": now + 300}
    return world.issuer.token(key, **{**times, "email": "ada@example.com", "department": "research", **claims})
