"""Every route × everybody who may ask: generated from the application's own routes, so that none can be forgotten."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import fields
from typing import Any

import pytest

from services.auth.domain.permissions import PUBLIC, Action, Public
from services.auth.http.api import Parts, create_api
from tests.integration.auth.conftest import Auth, Org
from tests.integration.auth.route_table import BUDGET, CHAT, CONTROL_KEY, PROVIDER_KEY, ROUTES, Row
from tests.integration.auth.test_configuration import RULE
from tests.integration.auth.test_team import invite

pytestmark = pytest.mark.asyncio(loop_scope="module")
ZEROS = "0" * 32


def _shape(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path)


def _served() -> dict[tuple[str, str], Action | Public | None]:
    """What the application really serves, and what each route says that it needs."""
    api = create_api(Parts(**dict.fromkeys(field.name for field in fields(Parts))))
    return {
        (method, _shape(route.path)): handler.opt.get("needs")
        for route in api.routes
        for handler in getattr(route, "route_handlers", ())
        for method in handler.http_methods - {"OPTIONS"}
    }


async def test_every_route_has_its_row_and_says_what_it_needs() -> None:
    assert {(row.method, _shape(row.path)) for row in ROUTES} == set(_served())
    assert None not in _served().values()
    open_to_all = {(row.method, _shape(row.path)) for row in ROUTES if row.nobody != 401}
    assert open_to_all == {route for route, needs in _served().items() if needs is PUBLIC}


class World:
    """An organization with all three roles, made anew for every request: what one caller does is not there for the next."""

    def __init__(self, auth: Auth, org: Org, member: str, viewer: str) -> None:
        self.auth, self.org, self.member, self.viewer = auth, org, member, viewer

    async def made(self, path: str, body: Any, token: str | None = None) -> str:
        answer = await self.auth.call("POST", path, token or self.org.token, json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def user(self) -> str:
        await self.auth.join(self.org, "viewer")
        members = (await self.auth.call("GET", "/api/team/members", self.org.token)).json()["members"]
        return str(members[-1]["id"])

    async def invited(self) -> str:
        return str((await invite(self.auth, self.org, f"{self.org.id}@example.com"))["id"])

    async def filled(self, path: str) -> str:
        """The path with the ids of real objects in it."""
        make: dict[str, Callable[[], Awaitable[str]]] = {
            "user_id": self.user,
            "invite_id": self.invited,
            "key_id": lambda: self.made("/api/keys/platform", {"name": "k"}),
            "members_key_id": lambda: self.made("/api/keys/platform", {"name": "k"}, self.member),
            "control_key_id": lambda: self.made("/api/keys/control", CONTROL_KEY),
            "provider_key_id": lambda: self.made("/api/keys/providers", PROVIDER_KEY),
            "team_id": lambda: self.made("/api/teams", {"name": "t"}),
            "budget_id": lambda: self.made("/api/budgets", BUDGET),
            "rule_id": lambda: self.made("/api/routing/rules", RULE),
        }
        fixed = {
            "source": "github",
            "alert_id": f"alr_{ZEROS}",
            "webhook_id": f"whk_{ZEROS}",
            "issuer_id": f"iss_{ZEROS}",
            "request_id": f"req_{ZEROS}",
        }
        for name in re.findall(r"\{(.*?)\}", path):
            path = path.replace(f"{{{name}}}", fixed[name] if name in fixed else await make[name]())
        return path


async def _world(auth: Auth) -> World:
    org = await auth.new_org()
    return World(auth, org, await auth.join(org, "member"), await auth.join(org, "viewer"))


@pytest.mark.parametrize("row", ROUTES, ids=lambda row: f"{row.method} {row.path}")
async def test_everybody_gets_what_the_table_says(auth: Auth, row: Row) -> None:
    elsewhere = await auth.new_org()
    got = {}
    for who in ("nobody", "viewer", "elsewhere", "member", "admin"):
        world = await _world(auth)
        token = {
            "nobody": None,
            "viewer": world.viewer,
            "elsewhere": elsewhere.token,
            "member": world.member,
            "admin": world.org.token,
        }[who]
        headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
        how = {} if row.body is None else {"json": row.body}
        path = await world.filled(row.path)
        async with auth.http.stream(row.method, path, headers=headers, **how) as answer:  # one of them never ends
            got[who] = answer.status_code
            if answer.status_code >= 400:
                assert "detail" in (await answer.aread()).decode()
        if who != "admin" and row.nobody == 401:
            with_key = {"Authorization": f"Bearer {world.org.api_key}"}
            async with auth.http.stream(row.method, path, headers=with_key, **how) as answer:
                assert answer.status_code == 401, "an API key is no token"
    assert got == {who: getattr(row, who) for who in got}


async def test_a_viewer_previews_and_reads_while_nothing_of_it_changes_anything(auth: Auth) -> None:
    world = await _world(auth)
    await world.made("/api/keys/providers", PROVIDER_KEY)
    before = await auth.verify(world.org.api_key)
    for row in ROUTES:
        if row.method != "GET" and row.viewer == 403:
            path = await world.filled(row.path) if "{" not in row.path else re.sub(r"\{.*?\}", f"x_{ZEROS}", row.path)
            assert (await auth.call(row.method, path, world.viewer, json=row.body)).status_code == 403
    assert await auth.verify(world.org.api_key) == before
    assert (await auth.call("POST", "/api/routing/preview", world.viewer, json=CHAT)).status_code == 503
