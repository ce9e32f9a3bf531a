"""Signing in through an OpenID Connect provider: who becomes a member, with which role, and how that ends."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from libs.common.bus import MemoryBus
from libs.common.contracts.auth import RESET_PASSWORD, VERIFY_API_KEY, ResetPassword, VerifyApiKey
from libs.common.errors import Unauthorized
from libs.common.keys import digest
from libs.common.settings import SettingsError
from services.auth.app import create_app
from tests.integration.auth.conftest import PASSWORD, PEPPER, settings_for
from tests.integration.auth.oidc_world import World, clean_world, oidc_running  # noqa: F401  # fixtures

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_the_sign_in_page_knows_the_button(world: World) -> None:
    options = (await world.auth.http.get("/api/auth/options")).json()
    assert (options["oauth"], options["oidc_name"]) == (["oidc"], "Example Ltd")
    leave = urlsplit(await world.browser().leave("oidc"))
    query = dict(parse_qsl(leave.query))
    assert f"{leave.scheme}://{leave.netloc}{leave.path}" == f"{world.fake.url}/authorize"
    assert query["redirect_uri"] == "http://localhost:8000/api/auth/oauth/oidc/callback"
    assert query["scope"] == "openid email profile"
    assert len({query[name] for name in ("state", "nonce", "code_challenge")}) == 3


@pytest.mark.parametrize(
    ("groups", "role"),
    [(["staff"], "member"), (["auditors"], "viewer"), (["staff", "other", "platform", "auditors"], "admin")],
)
async def test_the_first_sign_in_makes_a_member_with_the_best_role_of_their_groups(
    world: World, groups: list[str], role: str
) -> None:
    world.is_(f"first-{role}", *groups)
    body = await world.signed_in()
    assert (body["user"]["role"], body["user"]["email"], body["org"]["id"]) == (role, world.email, world.org.id)
    assert world.fake.problems == []
    again = await world.signed_in()
    assert again["user"]["id"] == body["user"]["id"]
    ways = (await world.auth.call("GET", "/api/auth/sign-ins", body["token"])).json()
    assert ways == {"password": False, "oauth": ["oidc"]}
    mine = [one for one in await world.log() if one["actor"] == body["user"]["id"]]
    assert [one["action"] for one in mine] == ["member_signed_in", "member_signed_in", "member_joined"]
    assert mine[0]["after"] == {"id": body["user"]["id"], "email": world.email, "source": "Example Ltd", "role": role}


async def test_a_role_follows_the_groups_at_the_next_sign_in_and_ends_what_was_there(world: World) -> None:
    world.is_("moved", "platform")
    before = await world.signed_in()
    world.is_("moved", "auditors")
    after = await world.signed_in()
    assert (after["user"]["id"], after["user"]["role"]) == (before["user"]["id"], "viewer")
    assert (await world.auth.call("GET", "/api/org", before["token"])).status_code == 401
    [change] = [one for one in await world.log() if one["action"] == "member_role_changed"]
    assert (change["before"], change["after"]["role"]) == ({"role": "admin"}, "viewer")


async def test_whoever_is_in_no_group_is_shut_out_with_keys_and_sessions_until_they_are_back(world: World) -> None:
    world.is_("leaver", "staff")
    body = await world.signed_in()
    made = (await world.auth.call("POST", "/api/keys/platform", body["token"], json={"name": "mine"})).json()
    asked = VerifyApiKey(digest=digest(made["api_key"], PEPPER))
    assert (await world.auth.bus.call(VERIFY_API_KEY, asked)).user_id == body["user"]["id"]
    world.is_("leaver", "strangers")
    await world.refused("no group that may use this Promptly", "no_group")
    assert (await world.auth.call("GET", "/api/org", body["token"])).status_code == 401
    with pytest.raises(Unauthorized):
        await world.auth.bus.call(VERIFY_API_KEY, asked)
    listed = (await world.auth.call("GET", "/api/team/members", world.org.token)).json()["members"]
    assert [one["suspended"] for one in listed if one["id"] == body["user"]["id"]] == [True]
    await world.refused("no group that may use this Promptly")  # again, which changes nothing
    suspended = [one for one in await world.log() if one["action"] == "member_suspended"]
    assert [one["after"]["suspended"] for one in suspended] == [True]
    world.is_("leaver", "staff")
    assert (await world.signed_in())["user"]["suspended"] is False
    assert (await world.auth.bus.call(VERIFY_API_KEY, asked)).user_id == body["user"]["id"]


async def test_a_suspended_user_does_not_come_in_by_a_password_either(world: World) -> None:
    org = world.org
    world.is_("both", "platform")
    linked = await world.signed_in()
    reset = await world.auth.bus.call(RESET_PASSWORD, ResetPassword(email=world.email))
    done = await world.auth.http.post(
        "/api/auth/password/reset/confirm", json={"token": reset.token, "password": PASSWORD}
    )
    assert done.status_code == 204
    login = {"email": world.email, "password": PASSWORD}
    assert (await world.auth.http.post("/api/auth/login", json=login)).status_code == 200
    control = await world.auth.call(
        "POST",
        "/api/keys/control",
        (await world.auth.http.post("/api/auth/login", json=login)).json()["token"],
        json={"name": "ci", "scopes": ["read"]},
    )
    secret = control.json()["api_key"]
    assert (await world.auth.call("GET", "/api/org", secret)).json()["id"] == org.id
    world.is_("both")
    await world.refused("no group")
    answer = await world.auth.http.post("/api/auth/login", json=login)
    assert (answer.status_code, "no group" in answer.json()["detail"]) == (403, True)
    assert (await world.auth.call("GET", "/api/org", secret)).status_code == 401
    assert linked["org"]["id"] == org.id


async def test_invitations_of_somebody_who_is_shut_out_end_with_their_access(world: World) -> None:
    world.is_("inviter", "platform")
    body = await world.signed_in()
    private = {"email": "private@elsewhere.example", "role": "admin"}
    invited = (await world.auth.call("POST", "/api/team/invite", body["token"], json=private)).json()
    world.is_("inviter")
    await world.refused("no group")
    accepted = {"token": invited["link"].partition("token=")[2], "password": PASSWORD}
    answer = await world.auth.http.post("/api/auth/invite/accept", json=accepted)
    assert (answer.status_code, "taken back" in answer.json()["detail"]) == (400, True), answer.text


async def test_nobody_else_than_the_one_signing_in_is_shut_out(world: World) -> None:
    """An account with a password, which never came in through the provider, stays as it is."""
    body = {"email": "local@example.com", "role": "member"}
    invited = (await world.auth.call("POST", "/api/team/invite", world.org.token, json=body)).json()
    accepted = {"token": invited["link"].partition("token=")[2], "password": PASSWORD}
    assert (await world.auth.http.post("/api/auth/invite/accept", json=accepted)).status_code == 201
    world.is_("local", "strangers")
    await world.refused("no group")
    login = {"email": "local@example.com", "password": PASSWORD}
    found = await world.auth.http.post("/api/auth/login", json=login)
    assert (found.status_code, found.json()["user"]["suspended"]) == (200, False)
    world.is_("local", "platform")
    await world.refused("did not confirm it", "email_taken")  # who has the password need not have the mailbox
    mine = found.json()["token"]
    started = await world.auth.call("POST", "/api/auth/oauth/oidc/link", mine)
    browser = world.browser()
    browser.http.cookies = started.cookies
    ended = await browser.finish(await browser.come_back(started.json()["url"]))
    assert (await browser.exchange(ended["code"])).json()["user"]["role"] == "admin"  # the groups decide


async def test_an_account_is_linked_by_an_address_that_both_sides_have_verified(world: World) -> None:
    asked = {"email": "known@example.com", "role": "member"}
    invited = (await world.auth.call("POST", "/api/team/invite", world.org.token, json=asked)).json()
    accepted = {"token": invited["link"].partition("token=")[2], "password": PASSWORD}
    mine = (await world.auth.http.post("/api/auth/invite/accept", json=accepted)).json()
    reset = await world.auth.bus.call(RESET_PASSWORD, ResetPassword(email=asked["email"]))
    confirmed = {"token": reset.token, "password": PASSWORD}
    assert (await world.auth.http.post("/api/auth/password/reset/confirm", json=confirmed)).status_code == 204
    world.is_("known", "staff")
    assert (await world.signed_in())["user"]["id"] == mine["user"]["id"]


async def test_an_address_of_another_organization_is_not_taken_over(world: World) -> None:
    other = await world.auth.register(email="elsewhere@example.com")
    assert other.status_code == 201
    world.is_("elsewhere", "platform")
    await world.refused("another organization", "email_taken")


async def test_the_last_admin_is_neither_demoted_nor_suspended(world: World) -> None:
    members = (await world.auth.call("GET", "/api/team/members", world.org.token)).json()["members"]
    for one in members:
        if one["role"] == "admin" and one["id"] != world.org.user_id:
            assert (
                await world.auth.call("DELETE", f"/api/team/members/{one['id']}", world.org.token)
            ).status_code == 204
    world.is_("owner", "platform", email=world.org.email)
    started = await world.auth.call("POST", "/api/auth/oauth/oidc/link", world.org.token)
    world.fake.claims["email"] = "owner@example.com"
    browser = world.browser()
    browser.http.cookies = started.cookies
    ended = await browser.finish(await browser.come_back(started.json()["url"]))
    assert set(ended) == {"code"}
    world.is_("owner", "auditors")
    assert (await world.signed_in())["user"]["role"] == "admin"
    world.is_("owner")
    await world.refused("no group")
    assert (await world.auth.call("GET", "/api/org", world.org.token)).status_code == 200


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"oidc_client_id": None}, "PROMPTLY_OIDC_CLIENT_ID"),
        ({"oidc_roles": ""}, "PROMPTLY_OIDC_ROLES"),
        ({"oidc_roles": "owner=platform"}, "PROMPTLY_OIDC_ROLES"),
        ({"oidc_roles": "admin"}, "PROMPTLY_OIDC_ROLES"),
        ({"oidc_orgs": "example.com"}, "PROMPTLY_OIDC_ORGS"),
        ({"oidc_scopes": "email"}, "PROMPTLY_OIDC_SCOPES"),
        ({"oidc_issuer": "login.example.com"}, "PROMPTLY_OIDC_ISSUER"),
        ({"oidc_issuer": "https://login.example.com?x=1"}, "PROMPTLY_OIDC_ISSUER"),
    ],
)
async def test_settings_that_do_not_fit_together_are_named_at_start(changes: dict[str, Any], name: str) -> None:
    whole = {"oidc_issuer": "https://login.example.com", "oidc_client_id": "c", "oidc_roles": "admin=*"}
    settings = settings_for("postgresql://nobody@127.0.0.1:1/none", **{**whole, **changes})
    with pytest.raises(SettingsError, match=name):
        async with create_app(settings, MemoryBus()):
            pytest.fail("started")


@pytest.mark.parametrize("subject", ["somebody-new", "auth0|2", "given|"])
async def test_an_address_that_was_given_to_somebody_else_does_not_bring_their_account(
    world: World, subject: str
) -> None:
    name = f"given-{subject.partition('|')[0]}"
    world.is_(name, "platform")
    before = await world.signed_in()
    world.is_(name, "platform", sub=subject)
    await world.refused("as somebody else", "email_taken")
    assert (await world.auth.call("GET", "/api/org", before["token"])).status_code == 200
    gone = await world.auth.call("DELETE", f"/api/team/members/{before['user']['id']}", world.org.token)
    assert gone.status_code == 204
    after = await world.signed_in()
    assert after["user"]["id"] != before["user"]["id"]
    world.is_(name, "platform")
    await world.refused("as somebody else", "email_taken")


async def test_a_member_whom_the_provider_knows_anew_connects_it_after_signing_in_as_usual(world: World) -> None:
    world.is_("renumbered", "staff")
    before = await world.signed_in()
    world.is_("renumbered", "staff", sub="another number")
    await world.refused("connect Example Ltd", "email_taken")
    started = await world.auth.call("POST", "/api/auth/oauth/oidc/link", before["token"])
    browser = world.browser()
    browser.http.cookies = started.cookies
    ended = await browser.finish(await browser.come_back(started.json()["url"]))
    assert (await browser.exchange(ended["code"])).json()["user"]["id"] == before["user"]["id"]
    assert (await world.signed_in())["user"]["id"] == before["user"]["id"]
