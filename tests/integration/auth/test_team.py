"""Invitations and members: who joins, as what, and that an admin always remains."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import pytest_asyncio

from libs.common.bus import MemoryBus
from libs.common.clock import ManualClock
from libs.common.errors import Unauthorized
from services.auth.app import create_app
from tests.integration.auth.conftest import PASSWORD, Auth, Org, settings_for

pytestmark = pytest.mark.asyncio(loop_scope="module")
ACCEPT = "/api/auth/invite/accept"


async def invite(auth: Auth, org: Org, email: str, role: str = "member") -> dict[str, Any]:
    made = await auth.call("POST", "/api/team/invite", org.token, json={"email": email, "role": role})
    assert made.status_code == 201, made.text
    found: dict[str, Any] = made.json()
    return found


def token_of(invited: dict[str, Any]) -> str:
    return str(invited["link"].partition("#token=")[2])


async def joined(auth: Auth, org: Org, email: str, role: str) -> dict[str, Any]:
    invited = await invite(auth, org, email, role)
    answer = await auth.http.post(ACCEPT, json={"token": token_of(invited), "password": PASSWORD})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_an_invitation_is_listed_accepted_once_and_gone(auth: Auth) -> None:
    org = await auth.new_org()
    invited = await invite(auth, org, "Teammate@Company-1.com", "viewer")
    assert (invited["email"], invited["role"], invited["mailed"]) == ("teammate@company-1.com", "viewer", False)
    assert invited["link"].startswith("http://localhost:8000/auth/invite#token=")
    listed = await auth.call("GET", "/api/team/invites", org.token)
    assert [entry["id"] for entry in listed.json()["invites"]] == [invited["id"]]
    assert token_of(invited) not in listed.text

    body = {"token": token_of(invited), "password": PASSWORD}
    assert (await auth.http.post(ACCEPT, json={**body, "password": "short"})).status_code == 400
    assert (await auth.http.post(ACCEPT, json={**body, "email": "other@company.com"})).status_code == 403
    answers = await asyncio.gather(*(auth.http.post(ACCEPT, json=body) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [201, 400, 400]
    member = next(answer.json() for answer in answers if answer.status_code == 201)
    assert set(member) == {"token", "user", "org"}
    assert (member["org"]["id"], member["user"]["role"]) == (org.id, "viewer")
    assert (await auth.http.post(ACCEPT, json=body)).status_code == 400
    assert (await auth.call("GET", "/api/team/invites", org.token)).json() == {"invites": []}
    login = await auth.http.post("/api/auth/login", json={"email": "teammate@company-1.com", "password": PASSWORD})
    assert login.status_code == 200
    members = (await auth.call("GET", "/api/team/members", org.token)).json()["members"]
    assert [entry["role"] for entry in members] == ["admin", "viewer"]


async def test_a_registered_email_cannot_be_invited_nor_a_personal_account_invite(auth: Auth) -> None:
    org, other = await auth.new_org(), await auth.new_org()
    body = {"email": other.email.upper(), "role": "member"}
    assert (await auth.call("POST", "/api/team/invite", org.token, json=body)).status_code == 409
    personal = (await auth.register(account_type="personal")).json()["token"]
    body = {"email": "somebody@example.com", "role": "member"}
    assert (await auth.call("POST", "/api/team/invite", personal, json=body)).status_code == 403


async def test_whoever_registers_meanwhile_is_not_added_twice(auth: Auth) -> None:
    org = await auth.new_org()
    invited = await invite(auth, org, "meanwhile@example.com")
    assert (await auth.register(email="meanwhile@example.com")).status_code == 201
    answer = await auth.http.post(ACCEPT, json={"token": token_of(invited), "password": PASSWORD})
    assert answer.status_code == 409
    assert len((await auth.call("GET", "/api/team/members", org.token)).json()["members"]) == 1


async def test_an_invitation_that_was_taken_back_or_made_again_is_worthless(auth: Auth) -> None:
    org, other = await auth.new_org(), await auth.new_org()
    first = await invite(auth, org, "again@example.com")
    second = await invite(auth, org, "again@example.com", "viewer")
    assert len((await auth.call("GET", "/api/team/invites", org.token)).json()["invites"]) == 1
    assert (await auth.call("DELETE", f"/api/team/invites/{second['id']}", other.token)).status_code == 404
    assert (await auth.call("DELETE", f"/api/team/invites/{second['id']}", org.token)).status_code == 204
    assert (await auth.call("DELETE", f"/api/team/invites/{second['id']}", org.token)).status_code == 404
    for old in (first, second):
        body = {"token": token_of(old), "password": PASSWORD}
        assert (await auth.http.post(ACCEPT, json=body)).status_code == 400


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"email": "a@b", "role": "member"}, "email"),
        ({"email": "a@example.com", "role": "root"}, "role"),
        ({"email": "a@example.com"}, "role"),
        ({"email": "a@example.com\nBcc: b@example.com", "role": "member"}, "email"),
    ],
)
async def test_an_invitation_that_does_not_fit_names_its_field(auth: Auth, body: dict[str, Any], field: str) -> None:
    org = await auth.new_org()
    answer = await auth.call("POST", "/api/team/invite", org.token, json=body)
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_a_role_that_changes_counts_at_once_and_ends_the_members_tokens(auth: Auth) -> None:
    org = await auth.new_org()
    member = await joined(auth, org, "promoted@example.com", "viewer")
    path = f"/api/team/members/{member['user']['id']}"
    refused = await auth.call("PUT", "/api/org", member["token"], json={"name": "n"})
    assert refused.status_code == 403
    changed = await auth.call("PUT", path, org.token, json={"role": "admin"})
    assert changed.json()["role"] == "admin"
    assert (await auth.call("GET", "/api/auth/me", member["token"])).status_code == 401
    login = {"email": "promoted@example.com", "password": PASSWORD}
    token = (await auth.http.post("/api/auth/login", json=login)).json()["token"]
    assert (await auth.call("PUT", "/api/org", token, json={"name": "n"})).status_code == 200
    # The same role again is no change, and ends nothing.
    assert (await auth.call("PUT", path, org.token, json={"role": "admin"})).status_code == 200
    assert (await auth.call("GET", "/api/auth/me", token)).status_code == 200


async def test_the_last_admin_stays_and_strangers_do_not_exist(auth: Auth) -> None:
    org, other = await auth.new_org(), await auth.new_org()
    mine = f"/api/team/members/{org.user_id}"
    for role in ("member", "viewer"):
        assert (await auth.call("PUT", mine, org.token, json={"role": role})).status_code == 409
    assert (await auth.call("DELETE", mine, org.token)).status_code == 409
    for method, how in (("PUT", {"json": {"role": "viewer"}}), ("DELETE", {})):
        answer = await auth.call(method, f"/api/team/members/{other.user_id}", org.token, **how)
        assert answer.status_code == 404
    assert (await auth.call("GET", "/api/auth/me", other.token)).status_code == 200


async def test_whoever_is_removed_loses_tokens_and_keys_and_may_join_again(auth: Auth) -> None:
    org = await auth.new_org()
    member = await joined(auth, org, "removed@example.com", "member")
    key = (await auth.call("POST", "/api/keys/platform", member["token"], json={"name": "k"})).json()["api_key"]
    assert (await auth.verify(key)).org_id == org.id
    auth.changes.clear()
    assert (await auth.call("DELETE", f"/api/team/members/{member['user']['id']}", org.token)).status_code == 204
    assert await auth.told(org) == [None]
    assert (await auth.call("GET", "/api/auth/me", member["token"])).status_code == 401
    with pytest.raises(Unauthorized):
        await auth.verify(key)
    assert (await auth.verify(org.api_key)).org_id == org.id
    login = {"email": "removed@example.com", "password": PASSWORD}
    assert (await auth.http.post("/api/auth/login", json=login)).status_code == 401
    assert (await joined(auth, org, "removed@example.com", "viewer"))["user"]["role"] == "viewer"


async def test_invitations_of_a_demoted_admin_are_worth_nothing(auth: Auth) -> None:
    org = await auth.new_org()
    second = await joined(auth, org, "second-admin@example.com", "admin")
    body = {"email": "friend@example.com", "role": "admin"}
    invited = (await auth.call("POST", "/api/team/invite", second["token"], json=body)).json()
    path = f"/api/team/members/{second['user']['id']}"
    assert (await auth.call("PUT", path, org.token, json={"role": "member"})).status_code == 200
    answer = await auth.http.post(ACCEPT, json={"token": token_of(invited), "password": PASSWORD})
    assert answer.status_code == 400


async def test_two_admins_who_demote_each_other_at_once_leave_one(auth: Auth) -> None:
    org = await auth.new_org()
    other = await joined(auth, org, "rival@example.com", "admin")
    ids = [org.user_id, other["user"]["id"]]
    emails = [org.email, "rival@example.com"]
    for turn in range(20):
        tokens = []
        for email in emails:
            login = await auth.http.post("/api/auth/login", json={"email": email, "password": PASSWORD})
            tokens.append(login.json()["token"])
        # A demotion or a removal of oneself, and one of the other, at the same moment.
        targets = (1, 0) if turn % 2 else (0, 1)
        answers = await asyncio.gather(
            *(
                auth.call("PUT", f"/api/team/members/{ids[target]}", token, json={"role": "member"})
                for token, target in zip(tokens, targets, strict=True)
            )
        )
        first, second = sorted(answer.status_code for answer in answers)
        assert first == 200
        assert second in (401, 403, 409)
        # Whoever is still an admin makes the other one again.
        for email, mine in zip(emails, ids, strict=True):
            login = await auth.http.post("/api/auth/login", json={"email": email, "password": PASSWORD})
            if login.json()["user"]["role"] == "admin":
                rival = next(one for one in ids if one != mine)
                token = login.json()["token"]
                members = (await auth.call("GET", "/api/team/members", token)).json()["members"]
                assert sum(member["role"] == "admin" for member in members) == 1
                promoted = await auth.call("PUT", f"/api/team/members/{rival}", token, json={"role": "admin"})
                assert promoted.status_code == 200
                break
        else:
            pytest.fail("no admin is left")


@pytest_asyncio.fixture(loop_scope="module")
async def aged(database_url: str) -> AsyncIterator[tuple[Auth, ManualClock]]:
    clock, bus, settings = ManualClock(datetime.now(UTC)), MemoryBus(), settings_for(database_url)
    async with (
        create_app(settings, bus, clock) as app,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{app.port}", timeout=30) as http,
    ):
        yield Auth(http, bus, settings), clock


async def test_an_invitation_ends_after_three_days(aged: tuple[Auth, ManualClock]) -> None:
    auth, clock = aged
    org = await auth.new_org()
    invited = await invite(auth, org, "late@example.com")
    body = {"token": token_of(invited), "password": PASSWORD}
    clock.advance(72 * 3600)
    assert (await auth.call("GET", "/api/team/invites", org.token)).json() == {"invites": []}
    assert (await auth.http.post(ACCEPT, json=body)).status_code == 400


async def test_a_demotion_elsewhere_is_heard_at_once(database_url: str) -> None:
    bus, settings = MemoryBus(), settings_for(database_url)
    async with (
        create_app(settings, bus) as here,
        create_app(settings, bus) as there,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{here.port}", timeout=30) as http,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{there.port}", timeout=30) as elsewhere,
    ):
        auth, other = Auth(http, bus, settings), Auth(elsewhere, bus, settings)
        org = await auth.new_org()
        member = await joined(auth, org, "heard@example.com", "admin")
        assert (await other.call("GET", "/api/auth/me", member["token"])).status_code == 200
        path = f"/api/team/members/{member['user']['id']}"
        assert (await auth.call("PUT", path, org.token, json={"role": "viewer"})).status_code == 200
        assert (await other.call("GET", "/api/auth/me", member["token"])).status_code == 401
        assert (await other.call("GET", "/api/auth/me", org.token)).status_code == 200
        assert (await auth.call("POST", "/api/auth/logout", org.token)).status_code == 204
        assert (await other.call("GET", "/api/auth/me", org.token)).status_code == 401
