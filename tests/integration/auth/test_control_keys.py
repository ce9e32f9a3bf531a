"""Keys for the control plane: what they may, what they may not, how they end, and what the audit log says of them."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import httpx
import pytest
from sqlalchemy import text

from libs.common import keys
from libs.common.bus import MemoryBus
from libs.common.clock import ManualClock
from libs.common.db import connect
from libs.common.errors import Unauthorized
from services.auth.app import create_app
from services.auth.domain.accounts import ControlScope
from services.auth.domain.permissions import PUBLIC, SCOPED, Action
from services.auth.keys.control_keys import MOST_KEYS
from tests.integration.auth.conftest import Auth, Org, settings_for
from tests.integration.auth.route_table import ROUTES
from tests.integration.auth.test_role_matrix import _served, _shape

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def _made(auth: Auth, token: str, *scopes: str, **more: Any) -> dict[str, Any]:
    answer = await auth.call("POST", "/api/keys/control", token, json={"name": "ci", "scopes": list(scopes), **more})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def _audit(auth: Auth, org: Org) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await auth.call("GET", "/api/audit-log", org.token)).json()["entries"]
    return found


async def test_a_key_is_shown_once_and_is_no_key_for_models(auth: Auth) -> None:
    org = await auth.new_org()
    made = await _made(auth, org.token, "read", "keys", "read")
    secret = made["api_key"]
    assert secret.startswith(keys.CONTROL_PREFIX)
    assert (made["scopes"], made["last_used_at"]) == (["keys", "read"], None)
    assert (await auth.call("GET", "/api/org", secret)).json()["id"] == org.id
    (listed,) = (await auth.call("GET", "/api/keys/control", org.token)).json()["keys"]
    assert "api_key" not in listed
    assert listed["last_four"] == secret[-4:]
    assert listed["last_used_at"] is not None
    with pytest.raises(Unauthorized):
        await auth.verify(secret)
    async with connect(auth.settings.database_url) as database, database() as tx:
        stored = "SELECT k::text FROM auth.control_keys k UNION ALL SELECT d::text FROM auth.key_digests d"
        rows = (await tx.execute(text(stored))).scalars().all()
    assert not any(secret[len(keys.CONTROL_PREFIX) : -4] in row for row in rows)


@pytest.mark.parametrize("scope", get_args(ControlScope))
async def test_every_action_is_open_to_a_scope_or_closed_as_the_table_says(auth: Auth, scope: ControlScope) -> None:
    org = await auth.new_org()
    secret = (await _made(auth, org.token, scope))["api_key"]
    served, wrong = _served(), []
    # One route for each action: every route names its action, and one guard looks at nothing else.
    tried = {served[row.method, _shape(row.path)]: row for row in ROUTES}
    assert set(tried) == {*Action, PUBLIC}
    for needs, row in tried.items():
        if needs is PUBLIC:
            continue
        path = re.sub(r"\{.*?\}", "x_" + "0" * 32, row.path)
        how = {} if row.body is None else {"json": row.body}
        async with auth.http.stream(row.method, path, headers={"Authorization": f"Bearer {secret}"}, **how) as answer:
            if (answer.status_code == 403) != (needs not in SCOPED[scope]) or answer.status_code == 401:
                wrong.append((row.method, row.path, answer.status_code))
    assert wrong == []


async def test_a_refusal_names_the_scope_that_would_do_or_says_that_none_does(auth: Auth) -> None:
    org = await auth.new_org()
    secret = (await _made(auth, org.token, "read"))["api_key"]
    refused = await auth.call("PUT", "/api/optimization/settings", secret, json={"level": "off"})
    assert "scope settings" in refused.json()["detail"]
    refused = await auth.call("GET", "/api/auth/me", secret)
    assert "no key may" in refused.json()["detail"]


async def test_a_revoked_key_ends_with_the_next_request(auth: Auth) -> None:
    org, other = await auth.new_org(), await auth.new_org()
    made = await _made(auth, org.token, "read")
    path = f"/api/keys/control/{made['id']}"
    assert (await auth.call("DELETE", path, other.token)).status_code == 404
    assert (await auth.call("DELETE", path, org.token)).status_code == 204
    assert (await auth.call("GET", "/api/org", made["api_key"])).status_code == 401
    assert (await auth.call("DELETE", path, org.token)).status_code == 404


async def test_a_key_may_no_more_than_who_made_it_may_now(auth: Auth) -> None:
    org = await auth.new_org()
    second = await auth.join(org, "admin")
    members = (await auth.call("GET", "/api/team/members", org.token)).json()["members"]
    (maker,) = [member["id"] for member in members if member["id"] != org.user_id]
    secret = (await _made(auth, second, "settings", "keys"))["api_key"]
    change = {"json": {"level": "off"}}
    assert (await auth.call("PUT", "/api/optimization/settings", secret, **change)).status_code == 200
    path = f"/api/team/members/{maker}"
    assert (await auth.call("PUT", path, org.token, json={"role": "member"})).status_code == 200
    assert (await auth.call("PUT", "/api/optimization/settings", secret, **change)).status_code == 403
    assert (await auth.call("POST", "/api/keys/platform", secret, json={"name": "k"})).status_code == 201
    assert (await auth.call("DELETE", path, org.token)).status_code == 204
    assert (await auth.call("GET", "/api/org", secret)).status_code == 401
    assert (await auth.call("GET", "/api/keys/control", org.token)).json() == {"keys": []}


async def test_the_audit_log_names_the_key_that_changed_something(auth: Auth) -> None:
    org = await auth.new_org()
    made = await _made(auth, org.token, "settings")
    await auth.call("GET", "/api/optimization/settings", made["api_key"])
    await auth.call("PUT", "/api/optimization/settings", made["api_key"], json={"level": "off"})
    await auth.call("POST", "/api/keys/platform", made["api_key"], json={"name": "k"})  # refused: nothing was changed
    await auth.call("DELETE", f"/api/keys/control/{made['id']}", org.token)
    revoked, changed, used, created = await _audit(auth, org)
    assert [created["action"], revoked["action"]] == ["control_key_created", "control_key_revoked"]
    assert created["after"] == revoked["before"] == {"id": made["id"], "name": "ci", "scopes": ["settings"]}
    assert created["actor"] == revoked["actor"] == org.user_id
    assert used["actor"] == changed["actor"] == made["id"]
    assert (used["action"], used["after"]) == (
        "control_key_used",
        {"method": "PUT", "path": "/api/optimization/settings"},
    )
    assert (changed["before"], changed["after"]) == ({"level": "moderate"}, {"level": "off"})


async def test_an_expired_key_is_refused_and_none_is_made_that_would_be(database_url: str) -> None:
    clock = ManualClock(datetime.now(UTC).replace(microsecond=0))
    settings, bus = settings_for(database_url), MemoryBus()
    async with (
        create_app(settings, bus, clock) as app,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{app.port}") as http,
    ):
        auth = Auth(http, bus, settings)
        org = await auth.new_org()
        soon = (clock.now() + timedelta(hours=1)).isoformat()
        secret = (await _made(auth, org.token, "read", expires_at=soon))["api_key"]
        assert (await auth.call("GET", "/api/org", secret)).status_code == 200
        clock.advance(3600)
        assert (await auth.call("GET", "/api/org", secret)).status_code == 401
        body = {"name": "late", "scopes": ["read"], "expires_at": soon}
        late = await auth.call("POST", "/api/keys/control", org.token, json=body)
        assert (late.status_code, late.json()["errors"][0]["field"]) == (400, "expires_at")


async def test_an_organization_has_a_hundred_keys_at_most(auth: Auth) -> None:
    org = await auth.new_org()
    for _ in range(MOST_KEYS):
        await _made(auth, org.token, "read")
    one_more = await auth.call("POST", "/api/keys/control", org.token, json={"name": "n", "scopes": ["read"]})
    assert one_more.status_code == 400


async def test_what_is_no_key_of_ours_is_refused(auth: Auth) -> None:
    for key in ("cp-promptly-", "cp-promptly-" + "a" * 49, keys.new_key(keys.CONTROL_PREFIX)):
        answer = await auth.call("GET", "/api/org", key)
        assert answer.status_code == 401
        assert "control-plane key" in answer.json()["detail"]


async def test_a_promptly_key_is_changed_and_gateways_look_again(auth: Auth) -> None:
    org = await auth.new_org()
    key_id = (await auth.verify(org.api_key)).key_id
    path = f"/api/keys/platform/{key_id}"
    until = (datetime.now(UTC) + timedelta(days=1)).replace(microsecond=0)
    body = {"name": "renamed", "rpm": 7, "scopes": ["chat"], "monthly_budget_usd": 0.5, "expires_at": until.isoformat()}
    changed = await auth.call("PATCH", path, org.token, json=body)
    assert changed.status_code == 200
    assert {name: changed.json()[name] for name in ("name", "rpm", "monthly_budget_usd")} == {
        name: body[name] for name in ("name", "rpm", "monthly_budget_usd")
    }
    assert await auth.told(org) == [key_id]
    principal = await auth.verify(org.api_key)
    assert (principal.rpm, principal.scopes, principal.monthly_budget_nano) == (7, ("chat",), 500_000_000)
    assert principal.expires_at_ms == int(until.timestamp() * 1000)

    freed = await auth.call("PATCH", path, org.token, json={"monthly_budget_usd": None, "expires_at": None})
    assert (freed.json()["monthly_budget_usd"], freed.json()["expires_at"]) == (None, None)
    assert freed.json()["rpm"] == 7
    assert (await auth.verify(org.api_key)).monthly_budget_nano is None
    second, first = await _audit(auth, org)
    assert (first["before"]["rpm"], first["after"]["rpm"]) == (500, 7)
    assert second["before"]["monthly_budget_nano"] == 500_000_000


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"rpm": 0}, "rpm"),
        ({"monthly_budget_usd": 0}, "monthly_budget_usd"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"scopes": []}, "scopes"),
        ({"secret": "x"}, "secret"),
        ({"name": ""}, "name"),
    ],
)
async def test_a_change_that_makes_no_sense_changes_nothing(auth: Auth, body: dict[str, Any], field: str) -> None:
    org = await auth.new_org()
    before = await auth.verify(org.api_key)
    refused = await auth.call("PATCH", f"/api/keys/platform/{before.key_id}", org.token, json=body)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, field)
    assert await auth.verify(org.api_key) == before
