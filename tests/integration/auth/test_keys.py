"""Promptly keys and provider keys: shown once, stored sealed or as digests, dead when they are revoked."""

import asyncio
import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from libs.common import keys
from libs.common.bus import MemoryBus
from libs.common.clock import ManualClock
from libs.common.contracts.analytics import BREAKDOWN, Breakdown, BreakdownQuery, Use
from libs.common.db import connect
from libs.common.errors import Unauthorized
from libs.common.sealing import CannotOpen, Sealer
from services.auth.app import create_app
from tests.integration.auth.conftest import Auth, Org, settings_for

pytestmark = pytest.mark.asyncio(loop_scope="module")

OPENAI_KEY = "sk-proj-" + "a" * 40 + "1234"


async def test_a_key_is_shown_once_and_its_secret_is_nowhere_in_the_database(auth: Auth) -> None:
    org = await auth.new_org()
    made = await auth.call("POST", "/api/keys/platform", org.token, json={"name": "CI", "scopes": ["chat"], "rpm": 7})
    assert made.status_code == 201
    secret = made.json()["api_key"]
    assert secret.startswith("sk-promptly-")
    principal = await auth.verify(secret)
    assert (principal.scopes, principal.rpm, principal.key_id) == (("chat",), 7, made.json()["id"])

    listed = (await auth.call("GET", "/api/keys/platform", org.token)).json()["keys"]
    assert [key["name"] for key in listed] == ["Default", "CI"]
    assert listed[1]["last_four"] == secret[-4:]
    assert "api_key" not in listed[1]

    async with connect(auth.settings.database_url) as database, database() as tx:
        stored = "SELECT k::text FROM auth.api_keys k UNION ALL SELECT d::text FROM auth.key_digests d"
        rows = (await tx.execute(text(stored))).scalars().all()
    assert rows
    assert not any(secret[len(keys.KEY_PREFIX) : -4] in row for row in rows)


async def test_the_last_use_of_a_key_is_written_down_when_auth_stops(database_url: str) -> None:
    clock = ManualClock(datetime.now(UTC).replace(microsecond=0))
    settings, bus = settings_for(database_url), MemoryBus()
    async with (
        create_app(settings, bus, clock) as app,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{app.port}") as http,
    ):
        auth = Auth(http, bus, settings)
        org = await auth.new_org()
        (unused,) = (await auth.call("GET", "/api/keys/platform", org.token)).json()["keys"]
        assert unused["last_used_at"] is None
        await auth.verify(org.api_key)
    async with (
        create_app(settings, bus, clock) as app,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{app.port}") as http,
    ):
        (used,) = (await Auth(http, bus, settings).call("GET", "/api/keys/platform", org.token)).json()["keys"]
    assert datetime.fromisoformat(used["last_used_at"]) == clock.now()


async def test_a_key_for_optimize_alone_says_so(auth: Auth) -> None:
    org = await auth.new_org()
    body = {"name": "o", "scopes": ["optimize", "optimize"]}
    secret = (await auth.call("POST", "/api/keys/platform", org.token, json=body)).json()["api_key"]
    assert secret.startswith("sk_live_")
    assert (await auth.verify(secret)).scopes == ("optimize",)


async def test_a_revoked_key_is_dead_and_the_gateways_hear_of_it(auth: Auth) -> None:
    org = await auth.new_org()
    key_id = (await auth.verify(org.api_key)).key_id
    assert (await auth.call("DELETE", f"/api/keys/platform/{key_id}", org.token)).status_code == 204
    assert await auth.told(org) == [key_id]
    with pytest.raises(Unauthorized):
        await auth.verify(org.api_key)
    assert (await auth.call("DELETE", f"/api/keys/platform/{key_id}", org.token)).status_code == 404
    assert (await auth.call("GET", "/api/keys/platform", org.token)).json() == {"keys": []}
    assert (await auth.call("POST", "/api/keys/platform/regenerate", org.token)).status_code == 404


async def test_a_regenerated_key_replaces_the_first_one_or_the_one_named(auth: Auth) -> None:
    org = await auth.new_org()
    first = await auth.call("POST", "/api/keys/platform/regenerate", org.token)
    assert first.status_code == 200
    key_id, secret = first.json()["id"], first.json()["api_key"]
    assert await auth.told(org) == [key_id]
    with pytest.raises(Unauthorized):
        await auth.verify(org.api_key)
    assert (await auth.verify(secret)).key_id == key_id

    again = await auth.call("POST", "/api/keys/platform/regenerate", org.token, json={"id": key_id})
    with pytest.raises(Unauthorized):
        await auth.verify(secret)
    assert (await auth.verify(again.json()["api_key"])).key_id == key_id


async def test_many_regenerations_at_once_leave_one_key_that_works(auth: Auth) -> None:
    org = await auth.new_org()
    answers = await asyncio.gather(*(auth.call("POST", "/api/keys/platform/regenerate", org.token) for _ in range(5)))
    assert {answer.status_code for answer in answers} == {200}
    working = 0
    for answer in answers:
        try:
            await auth.verify(answer.json()["api_key"])
            working += 1
        except Unauthorized:
            pass
    assert working == 1


async def test_an_expired_key_is_refused(auth: Auth) -> None:
    org = await auth.new_org()
    soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    made = await auth.call("POST", "/api/keys/platform", org.token, json={"name": "short", "expires_at": soon})
    assert (await auth.verify(made.json()["api_key"])).expires_at_ms is not None
    async with connect(auth.settings.database_url) as database, database() as tx:
        await tx.execute(
            text("UPDATE auth.api_keys SET expires_at = now() - interval '1 s' WHERE key_id = :id"),
            {"id": made.json()["id"]},
        )
    with pytest.raises(Unauthorized):
        await auth.verify(made.json()["api_key"])


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": ""},
        {"name": "k", "scopes": []},
        {"name": "k", "scopes": ["admin"]},
        {"name": "k", "rpm": 0},
        {"name": "k", "rpm": 10**30},
        {"name": "k", "rpm": True},
        {"name": "k", "rpm": "5"},
        {"name": "k", "expires_at": "2001-01-01T00:00:00Z"},
        {"name": "k", "expires_at": "tomorrow"},
        {"name": "k", "admin": True},
        ["k"],
    ],
)
async def test_a_key_that_does_not_fit_is_refused(auth: Auth, body: Any) -> None:
    org = await auth.new_org()
    answer = await auth.call("POST", "/api/keys/platform", org.token, json=body)
    assert answer.status_code == 400
    assert answer.json()["detail"]


async def test_a_provider_key_is_sealed_for_its_organization_and_never_given_out(auth: Auth) -> None:
    org = await auth.new_org()
    made = await auth.call("POST", "/api/keys/providers", org.token, json={"provider": "openai", "api_key": OPENAI_KEY})
    assert made.status_code == 201
    assert await auth.told(org) == [None]
    assert made.json()["api_key"] == "sk-…1234"
    listed = await auth.call("GET", "/api/keys/providers", org.token)
    assert OPENAI_KEY not in listed.text + made.text

    (carried,) = (await auth.verify(org.api_key)).provider_keys
    sealer = Sealer({1: base64.b64decode(auth.settings.kek)})
    assert sealer.open(org.id, "openai", carried.id, carried.sealed) == OPENAI_KEY
    with pytest.raises(CannotOpen):
        sealer.open((await auth.new_org()).id, "openai", carried.id, carried.sealed)

    path = f"/api/keys/providers/{carried.id}"
    changed = await auth.call("PUT", path, org.token, json={"api_key": "sk-other-key-9876", "label": "spare"})
    assert (changed.json()["last_four"], changed.json()["label"]) == ("9876", "spare")
    assert await auth.told(org) == [None]
    (carried,) = (await auth.verify(org.api_key)).provider_keys
    assert sealer.open(org.id, "openai", carried.id, carried.sealed) == "sk-other-key-9876"

    assert (await auth.call("DELETE", path, org.token)).status_code == 204
    assert await auth.told(org) == [None]
    assert (await auth.verify(org.api_key)).provider_keys == ()
    assert (await auth.call("DELETE", path, org.token)).status_code == 404


async def test_a_compatible_server_needs_its_address_and_models(auth: Auth) -> None:
    org = await auth.new_org()
    server = {"provider": "openai_compatible", "api_key": "none", "base_url": "http://127.0.0.1:9999/v1"}
    assert (await auth.call("POST", "/api/keys/providers", org.token, json=server)).status_code == 400
    whole = {**server, "models": ["llama"]}
    assert (await auth.call("POST", "/api/keys/providers", org.token, json=whole)).status_code == 201
    (carried,) = (await auth.verify(org.api_key)).provider_keys
    assert (carried.base_url, carried.models) == ("http://127.0.0.1:9999/v1", ("llama",))


async def test_a_stored_key_cannot_be_sent_to_another_server_by_changing_the_address(auth: Auth) -> None:
    org = await auth.new_org()
    made = await auth.call("POST", "/api/keys/providers", org.token, json={"provider": "openai", "api_key": OPENAI_KEY})
    path, elsewhere = f"/api/keys/providers/{made.json()['id']}", {"base_url": "https://evil.example.com/v1"}
    assert (await auth.call("PUT", path, org.token, json=elsewhere)).status_code == 400
    assert (await auth.call("PUT", path, org.token, json={**elsewhere, "api_key": "sk-mine"})).status_code == 200


@pytest.mark.parametrize("nowhere", [None, ""])
async def test_an_address_goes_when_it_is_put_empty_and_stays_when_it_is_not_named(
    auth: Auth, nowhere: str | None
) -> None:
    org = await auth.new_org()
    body = {"provider": "openai", "api_key": OPENAI_KEY, "base_url": "https://proxy.example.com/v1"}
    made = await auth.call("POST", "/api/keys/providers", org.token, json=body)
    path = f"/api/keys/providers/{made.json()['id']}"
    assert (await auth.call("PUT", path, org.token, json={"label": "a"})).json()["base_url"] == body["base_url"]
    alone = await auth.call("PUT", path, org.token, json={"base_url": nowhere})
    assert (alone.status_code, alone.json()["errors"][0]["field"]) == (400, "api_key")
    gone = await auth.call("PUT", path, org.token, json={"base_url": nowhere, "api_key": "sk-other"})
    assert (gone.status_code, gone.json()["base_url"]) == (200, None)
    (carried,) = (await auth.verify(org.api_key)).provider_keys
    assert carried.base_url is None
    # Where there was none, there is nothing that would have to come with its key.
    assert (await auth.call("PUT", path, org.token, json={"base_url": nowhere})).status_code == 200


async def test_a_compatible_server_keeps_its_address(auth: Auth) -> None:
    org = await auth.new_org()
    server = {"provider": "openai_compatible", "base_url": "http://127.0.0.1:9999/v1", "models": ["llama"]}
    made = await auth.call("POST", "/api/keys/providers", org.token, json={**server, "api_key": "none"})
    path = f"/api/keys/providers/{made.json()['id']}"
    answer = await auth.call("PUT", path, org.token, json={"base_url": None, "api_key": "none"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "base_url")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"provider": "acme"}, "provider"),
        ({"api_key": ""}, "api_key"),
        ({"api_key": "sk-a\r\nHost: evil"}, "api_key"),
        ({"api_key": "sk-é"}, "api_key"),
        ({"base_url": "http://api.openai.com/v1"}, "base_url"),
        ({"base_url": "https://169.254.169.254/"}, "base_url"),
        ({"base_url": "http://127.0.0.1:9998/v1"}, "base_url"),
        ({"base_url": "https://localhost/"}, "base_url"),
        ({"models": ["a\x00b"]}, "models[0]"),
        ({"kek": "x"}, "kek"),
    ],
)
async def test_a_provider_key_that_does_not_fit_names_its_field(
    auth: Auth, changes: dict[str, Any], field: str
) -> None:
    org = await auth.new_org()
    body = {"provider": "openai", "api_key": OPENAI_KEY, **changes}
    answer = await auth.call("POST", "/api/keys/providers", org.token, json=body)
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert OPENAI_KEY not in answer.text
    assert await auth.told(org) == []


async def test_a_change_holds_although_nobody_can_be_told(auth: Auth) -> None:
    org = await auth.new_org()
    auth.bus.connected = False
    answer = await auth.call("PUT", "/api/optimization/settings", org.token, json={"level": "off"})
    auth.bus.connected = True
    assert answer.status_code == 200
    assert (await auth.verify(org.api_key)).settings.level == "off"


async def test_keys_of_the_playground_count_as_one_also_when_they_are_gone(auth: Auth) -> None:
    org, other = await auth.new_org(), await auth.new_org()
    asked: list[BreakdownQuery] = []

    async def breakdown(query: BreakdownQuery) -> Breakdown:
        asked.append(query)
        return Breakdown(rows=(), other=Use(), without=Use(), total=Use())

    await auth.bus.serve(BREAKDOWN, breakdown)
    soon = (datetime.now(UTC) + timedelta(minutes=15)).isoformat()

    async def made(owner: Org, name: str, until: str | None) -> str:
        body = {"name": name, "expires_at": until}
        key_id: str = (await auth.call("POST", "/api/keys/platform", owner.token, json=body)).json()["id"]
        return key_id

    visits = {await made(org, "Playground", soon) for _ in range(2)}
    await made(org, "Playground", None)  # somebody's own, of that name
    await made(org, "Production", soon)
    await made(other, "Playground", soon)
    assert (await auth.call("DELETE", f"/api/keys/platform/{min(visits)}", org.token)).status_code == 204
    for query in ("by=key", "by=model&key_id=playground", "by=model"):
        assert (await auth.call("GET", f"/api/analytics/breakdown?{query}", org.token)).status_code == 200
    by_key, filtered, neither = ({*query.merged_keys} for query in asked)
    assert by_key == filtered == visits
    assert neither == set()


async def test_the_audit_log_says_who_made_rotated_and_revoked_a_key(auth: Auth) -> None:
    org = await auth.new_org()
    member = await auth.join(org, "member")
    member_id = (await auth.call("GET", "/api/auth/me", member)).json()["user"]["id"]
    made = (await auth.call("POST", "/api/keys/platform", member, json={"name": "ci", "scopes": ["chat"]})).json()
    again = (await auth.call("POST", "/api/keys/platform/regenerate", org.token, json={"id": made["id"]})).json()
    await auth.call("DELETE", f"/api/keys/platform/{made['id']}", org.token)
    last = (await auth.call("POST", "/api/keys/platform", member, json={"name": "left"})).json()
    assert (await auth.call("DELETE", f"/api/team/members/{member_id}", org.token)).status_code == 204
    log = (await auth.call("GET", "/api/audit-log", org.token)).json()["entries"]
    log = [one for one in log if one["action"].startswith("key_")]
    removed, *_, revoked, rotated, created = log
    first, second = (
        {"id": made["id"], "name": "ci", "scopes": ["chat"], "last_four": one["last_four"]} for one in (made, again)
    )
    assert (created["action"], created["actor"]) == ("key_created", member_id)
    assert (created["before"], created["after"]) == ({}, first)
    assert (rotated["action"], rotated["actor"]) == ("key_regenerated", org.user_id)
    assert (rotated["before"], rotated["after"]) == (first, second)
    assert (revoked["action"], revoked["actor"]) == ("key_revoked", org.user_id)
    assert (revoked["before"], revoked["after"]) == (second, {})
    assert (removed["action"], removed["actor"], removed["before"]["id"]) == ("key_revoked", org.user_id, last["id"])
    assert not any(secret["api_key"] in str(log) for secret in (made, again, last))
