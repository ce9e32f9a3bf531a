"""Access that the OpenID Connect provider gave ends some hours after it last said so, whatever else its owner has."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from libs.common.bus import MemoryBus
from libs.common.contracts.auth import RESET_PASSWORD, VERIFY_API_KEY, ResetPassword, VerifyApiKey
from libs.common.db import connect
from libs.common.errors import Unauthorized
from libs.common.keys import digest
from libs.common.settings import SettingsError
from services.auth.app import create_app
from tests.integration.auth.conftest import PASSWORD, PEPPER, settings_for
from tests.integration.auth.oidc_world import World, clean_world, oidc_running  # noqa: F401  # fixtures

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def time_passes(world: World, how_long: timedelta) -> None:
    """Every confirmation is so much older."""
    async with connect(world.auth.settings.database_url) as database, database() as tx:
        await tx.execute(
            text("UPDATE auth.identities SET confirmed_at = confirmed_at - CAST(:by AS interval)"), {"by": how_long}
        )
    world.clock.advance(6)  # a token's status is cached for five seconds


async def with_password(world: World) -> dict[str, str]:
    reset = await world.auth.bus.call(RESET_PASSWORD, ResetPassword(email=world.email))
    done = {"token": reset.token, "password": PASSWORD}
    assert (await world.auth.http.post("/api/auth/password/reset/confirm", json=done)).status_code == 204
    return {"email": world.email, "password": PASSWORD}


async def test_a_session_ends_and_a_password_begins_no_other_until_the_provider_says_so(world: World) -> None:
    world.is_("hourly", "staff")
    await world.signed_in()
    login = await with_password(world)
    token = (await world.auth.http.post("/api/auth/login", json=login)).json()["token"]
    await time_passes(world, timedelta(hours=7, minutes=50))
    assert (await world.auth.call("GET", "/api/org", token)).status_code == 200
    await time_passes(world, timedelta(minutes=20))
    assert (await world.auth.call("GET", "/api/org", token)).status_code == 401
    change = {"old_password": PASSWORD, "new_password": "another-password"}
    assert (await world.auth.call("POST", "/api/auth/password", token, json=change)).status_code == 401
    refused = await world.auth.http.post("/api/auth/login", json=login)
    assert (refused.status_code, "Sign in with Example Ltd" in refused.json()["detail"]) == (403, True)
    again = await with_password(world)  # whoever reads the mail has a new password, and no more
    assert (await world.auth.http.post("/api/auth/login", json=again)).status_code == 403
    body = await world.signed_in()
    assert (await world.auth.call("GET", "/api/org", body["token"])).status_code == 200
    assert (await world.auth.http.post("/api/auth/login", json=again)).status_code == 200


async def test_keys_go_on_where_no_days_are_set(world: World) -> None:
    world.is_("on-holiday", "platform")
    token = (await world.signed_in())["token"]
    made = (await world.auth.call("POST", "/api/keys/platform", token, json={"name": "mine"})).json()["api_key"]
    body = {"name": "ci", "scopes": ["read"]}
    control = (await world.auth.call("POST", "/api/keys/control", token, json=body)).json()["api_key"]
    await time_passes(world, timedelta(days=3000))
    assert (await world.auth.bus.call(VERIFY_API_KEY, VerifyApiKey(digest=digest(made, PEPPER)))).org_id == world.org.id
    assert (await world.auth.call("GET", "/api/org", control)).status_code == 200


async def test_keys_stop_after_so_many_days_and_go_on_after_a_sign_in(world: World) -> None:
    world.is_("rarely", "platform")
    token = (await world.signed_in())["token"]
    made = (await world.auth.call("POST", "/api/keys/platform", token, json={"name": "mine"})).json()["api_key"]
    asked = VerifyApiKey(digest=digest(made, PEPPER))
    bus = MemoryBus()
    settings = settings_for(
        world.auth.settings.database_url,
        oidc_issuer=world.fake.url,
        oidc_client_id="c",
        oidc_roles="admin=*",
        oidc_key_days=30.0,
    )
    async with create_app(settings, bus, world.clock):
        await time_passes(world, timedelta(days=29))
        assert (await bus.call(VERIFY_API_KEY, asked)).org_id == world.org.id
        of_nobody = VerifyApiKey(digest=digest(world.org.api_key, PEPPER))
        await time_passes(world, timedelta(days=2))
        with pytest.raises(Unauthorized):
            await bus.call(VERIFY_API_KEY, asked)
        assert (await bus.call(VERIFY_API_KEY, of_nobody)).org_id == world.org.id  # its owner has a password alone
        await world.signed_in()
        assert (await bus.call(VERIFY_API_KEY, asked)).org_id == world.org.id


async def test_without_the_provider_nobody_needs_its_word(world: World) -> None:
    """Where it is gone for good, its operator takes it out of the settings, and passwords do again."""
    world.is_("stranded", "staff")
    await world.signed_in()
    login = await with_password(world)
    await time_passes(world, timedelta(hours=9))
    assert (await world.auth.http.post("/api/auth/login", json=login)).status_code == 403
    bus = MemoryBus()
    async with create_app(settings_for(world.auth.settings.database_url), bus, world.clock) as app:
        answer = await world.auth.http.post(f"http://127.0.0.1:{app.port}/api/auth/login", json=login)
    assert answer.status_code == 200


async def test_the_last_admin_whom_no_group_lists_comes_in_by_password_after_trying(world: World) -> None:
    members = (await world.auth.call("GET", "/api/team/members", world.org.token)).json()["members"]
    for one in members:
        if one["role"] == "admin" and one["id"] != world.org.user_id:
            path = f"/api/team/members/{one['id']}"
            assert (await world.auth.call("DELETE", path, world.org.token)).status_code == 204
    world.is_("chief", "platform")
    started = await world.auth.call("POST", "/api/auth/oauth/oidc/link", world.org.token)
    browser = world.browser()
    browser.http.cookies = started.cookies
    assert set(await browser.finish(await browser.come_back(started.json()["url"]))) == {"code"}
    login = {"email": world.org.email, "password": PASSWORD}
    await time_passes(world, timedelta(hours=9))
    world.is_("chief", "a group that nobody mapped")
    assert (await world.auth.http.post("/api/auth/login", json=login)).status_code == 403
    await world.refused("no group")
    assert (await world.auth.http.post("/api/auth/login", json=login)).status_code == 200


@pytest.mark.parametrize("changes", [{"oidc_session_hours": -1.0}, {"oidc_key_days": float("inf")}])
async def test_a_time_that_is_none_is_named_at_start(changes: dict[str, float]) -> None:
    settings = settings_for(
        "postgresql://nobody@127.0.0.1:1/none",
        oidc_issuer="https://login.example.com",
        oidc_client_id="c",
        oidc_roles="admin=*",
        **changes,
    )
    with pytest.raises(SettingsError, match="PROMPTLY_OIDC_SESSION_HOURS"):
        async with create_app(settings, MemoryBus()):
            pytest.fail("started")
