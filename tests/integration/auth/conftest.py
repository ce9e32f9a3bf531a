"""Auth as it runs: a real Postgres, a real web server, and the bus in memory."""

import asyncio
import base64
import uuid
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
import pytest_asyncio
from sqlalchemy import text

import services.auth.store
from libs.common import keys
from libs.common.bus import MemoryBus
from libs.common.contracts.auth import PRINCIPAL_CHANGED, VERIFY_API_KEY, Principal, PrincipalChanged, VerifyApiKey
from libs.common.db import connect, migrate
from libs.common.ids import new_id
from services.auth.app import create_app
from services.auth.domain.accounts import Role, User
from services.auth.ports import UnitOfWork
from services.auth.sessions.clients.tokens import JwtTokens
from services.auth.settings import AuthSettings
from services.auth.store.unit_of_work import unit_of_work
from tests.fakes.auth.unit_of_work import MemoryUnitOfWork

PEPPER = "pepper-pepper-pepper-pepper-pepper"
JWT_SECRET = "secret-secret-secret-secret-secret"
PASSWORD = "securepassword"


class Org(msgspec.Struct, frozen=True, kw_only=True):
    """An organization that was registered for a test."""

    id: str
    user_id: str
    email: str
    token: str
    api_key: str


class Auth:
    """A running auth service, as its callers see it."""

    def __init__(self, http: httpx.AsyncClient, bus: MemoryBus, settings: AuthSettings) -> None:
        self.http = http
        self.bus = bus
        self.settings = settings
        self.changes: list[PrincipalChanged] = []

    async def register(self, **changes: Any) -> httpx.Response:
        """Register, with anything that a test does not care about filled in."""
        body = {
            "org_name": "My Company",
            "email": f"{uuid.uuid4().hex}@example.com",
            "password": PASSWORD,
            "account_type": "team",
        }
        return await self.http.post("/api/auth/register", json={**body, **changes})

    async def new_org(self) -> Org:
        """A fresh organization with its admin."""
        response = await self.register()
        assert response.status_code == 201, response.text
        body = response.json()
        return Org(
            id=body["org"]["id"],
            user_id=body["user"]["id"],
            email=body["user"]["email"],
            token=body["token"],
            api_key=body["api_key"],
        )

    async def join(self, org: Org, role: Role) -> str:
        """The token of another user of the organization, who was never invited."""
        user = User(
            id=new_id("usr"),
            org_id=org.id,
            email=f"{uuid.uuid4().hex}@example.com",
            role=role,
            version=1,
            created_at=datetime.now(UTC),
        )
        async with connect(self.settings.database_url) as database, database() as tx:
            await tx.execute(
                text("INSERT INTO auth.users VALUES (:org_id, :id, :email, :role, '', :version, :created_at)"),
                msgspec.structs.asdict(user),
            )
        return JwtTokens([JWT_SECRET]).issue(user, datetime.now(UTC))

    async def told(self, org: Org) -> list[str | None]:
        """The keys of the organization that gateways were told to forget since the last time; None: all of them."""
        await asyncio.sleep(0)  # lets the bus deliver what was sent
        heard = [change.key_id for change in self.changes if change.org_id == org.id]
        self.changes.clear()
        return heard

    async def call(self, method: str, path: str, token: str | None = None, **how: Any) -> httpx.Response:
        """A request with a token."""
        headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
        return await self.http.request(method, path, headers={**headers, **how.pop("headers", {})}, **how)

    async def verify(self, api_key: str) -> Principal:
        """What a gateway asks."""
        return await self.bus.call(VERIFY_API_KEY, VerifyApiKey(digest=keys.digest(api_key, PEPPER)))


def settings_for(database_url: str, **changes: Any) -> AuthSettings:
    """Settings that work, with changes."""
    return AuthSettings(
        **{
            "database_url": database_url,
            "jwt_secret": JWT_SECRET,
            "key_pepper": PEPPER,
            "kek": base64.b64encode(b"k" * 32).decode(),
            "auth_port": 0,
            "drain_seconds": 1.0,
            "trusted_proxies": "127.0.0.1",  # tests say where they come from
            "allowed_hosts": "127.0.0.1:9999",
            "trace_url": "http://localhost:16686/trace/{trace_id}",
            **changes,
        }
    )


@pytest.fixture(params=["memory", "postgres"])
async def uow(request: pytest.FixtureRequest, database_url: str) -> AsyncIterator[UnitOfWork]:
    """Each of the two stores."""
    if request.param == "memory":
        yield MemoryUnitOfWork()
        return
    await migrate(database_url, "auth", Path(services.auth.store.__path__[0]) / "migrations")
    async with connect(database_url) as database:
        yield unit_of_work(database)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(database_url: str) -> AsyncIterator[Auth]:
    """Auth, open to everybody, started once for the module."""
    bus, settings = MemoryBus(), settings_for(database_url)
    async with (
        create_app(settings, bus) as app,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{app.port}", timeout=30) as http,
    ):
        auth = Auth(http, bus, settings)

        async def hear(change: PrincipalChanged) -> None:
            auth.changes.append(change)

        await bus.listen(PRINCIPAL_CHANGED, hear)
        yield auth
        await bus.drain()


@pytest.fixture
def auth(running: Auth) -> Iterator[Auth]:
    """The running service, as no test has touched it; every test registers organizations of its own."""
    served = dict(running.bus._served)
    running.changes.clear()
    yield running
    running.bus._served = served
