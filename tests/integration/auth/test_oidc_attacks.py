"""Every way around a sign-in through an OpenID Connect provider, and a provider that answers nonsense, too much or nothing."""

import asyncio
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from services.auth.issuers.clients import documents
from tests.fake_issuer.app import CLIENT_ID, rsa_key
from tests.integration.auth.oidc_world import World, clean_world, oidc_running  # noqa: F401  # fixtures
from tests.integration.auth.test_oauth import FRONTEND

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize(
    ("claims", "words"),
    [
        ({"email_verified": False}, "no verified e-mail"),
        ({"email_verified": None}, "no verified e-mail"),
        ({"email_verified": "yes"}, "no verified e-mail"),
        ({"email_verified": 1, "email": None}, "no verified e-mail"),
        ({"email": "no address"}, "no verified e-mail"),
        ({"email": "stranger@elsewhere.example"}, "No organization here"),
        ({"nonce": None}, "did not confirm"),
        ({"nonce": "of another sign-in"}, "did not confirm"),
        ({"nonce": ["x"]}, "did not confirm"),
        ({"iss": "https://other.example.com"}, "did not confirm"),
        ({"aud": "somebody-else"}, "did not confirm"),
        ({"aud": [CLIENT_ID, "somebody-else"]}, "did not confirm"),
        ({"azp": "somebody-else"}, "did not confirm"),
        ({"exp": 1}, "did not confirm"),
        ({"nbf": 4_000_000_000}, "did not confirm"),
        ({"sub": None}, "did not confirm"),
        ({"sub": ""}, "did not confirm"),
        ({"sub": "s" * 256}, "did not confirm"),
        ({"sub": "nul\x00"}, "did not confirm"),
    ],
)
async def test_an_id_token_that_is_not_for_this_sign_in_is_refused(
    world: World, claims: dict[str, Any], words: str
) -> None:
    world.is_("attacker", "platform", **claims)
    await world.refused(words)
    listed = (await world.auth.call("GET", "/api/team/members", world.org.token)).json()["members"]
    assert not any(one["email"].startswith(("attacker", "stranger")) for one in listed)


async def test_several_audiences_need_the_party_to_be_us(world: World) -> None:
    world.is_("party", "staff", aud=[CLIENT_ID, "other"], azp=CLIENT_ID)
    assert (await world.signed_in())["user"]["role"] == "member"


async def test_groups_are_read_as_text_alone(world: World) -> None:
    for groups in ({"platform": True}, 7, ["strangers", 7, None, ["platform"]], None):
        world.is_("odd", groups=groups)
        await world.refused("no group")
    world.is_("odd", groups="staff")
    assert (await world.signed_in())["user"]["role"] == "member"


@pytest.mark.parametrize("left_out", [{"hasgroups": True}, {"_claim_names": {"groups": "src1"}}])
async def test_whose_groups_do_not_fit_into_the_token_is_refused_and_not_suspended(
    world: World, left_out: dict[str, Any]
) -> None:
    world.is_("crowded", "staff")
    body = await world.signed_in()
    world.is_("crowded", groups=None, **left_out)
    await world.refused("more groups than fit", "too_many_groups")
    assert (await world.auth.call("GET", "/api/org", body["token"])).status_code == 200


async def test_a_token_that_another_key_signed_is_refused_though_it_names_ours(world: World) -> None:
    world.is_("forger", "platform")
    mine = rsa_key("first", fresh=True)
    leave = await world.browser().leave("oidc")
    nonce = dict(parse_qsl(urlsplit(leave).query))["nonce"]
    world.fake.id_token = world.fake.token(mine, aud=CLIENT_ID, nonce=nonce, email=world.email, email_verified=True)
    await world.refused("did not confirm")


async def test_a_new_key_is_fetched_and_an_unknown_one_does_not_make_us_call_for_each_token(world: World) -> None:
    world.is_("rotated", "staff")
    world.clock.advance(3601)
    await world.signed_in()
    world.clock.advance(10)
    world.fake.calls.clear()
    world.fake.rotate(rsa_key("second", fresh=True))
    await world.signed_in()
    assert world.fake.calls.count("jwks") == 1
    world.fake.rotate(rsa_key("hidden", fresh=True))
    world.fake.keys[-1].listed = False
    world.fake.calls.clear()
    for _ in range(5):
        await world.refused("did not confirm")
    assert world.fake.calls.count("jwks") == 0  # the last look is less than ten seconds ago
    world.clock.advance(10)
    for _ in range(3):
        await world.refused("did not confirm")
    assert world.fake.calls.count("jwks") == 1
    world.fake.signs_with = 1


async def test_a_state_and_a_code_work_once_and_in_one_browser(world: World) -> None:
    world.is_("once", "staff")
    browser, other = world.browser(), world.browser()
    callback = await browser.come_back(await browser.leave("oidc"))
    assert (await other.finish(callback))["error_code"] == "bad_state"
    ended = await browser.finish(callback)
    assert (await browser.finish(callback))["error_code"] == "bad_state"  # replayed
    assert (await other.exchange(ended["code"])).status_code == 400
    assert (await browser.exchange(ended["code"])).status_code == 200
    assert (await browser.exchange(ended["code"])).status_code == 400


async def test_a_code_that_the_provider_gave_for_another_sign_in_is_of_no_use(world: World) -> None:
    """Somebody puts their own code into a victim's callback: the verifier is not the one that it was made for."""
    world.is_("injector", "platform")
    theirs = dict(parse_qsl(urlsplit(await world.browser().come_back(await world.browser().leave("oidc"))).query))
    victim = world.browser()
    callback = urlsplit(await victim.come_back(await victim.leave("oidc")))
    state = dict(parse_qsl(callback.query))["state"]
    ended = await victim.finish(f"{callback.path}?{httpx.QueryParams({'state': state, 'code': theirs['code']})}")
    assert "did not confirm" in ended["error"]
    assert "token: verifier" in world.fake.problems


async def test_another_issuer_s_answer_is_not_mixed_up_with_ours(world: World) -> None:
    world.is_("mixed", "staff")
    world.fake.answers_iss = "https://other.example.com"
    await world.refused("answered this sign-in")
    world.fake.answers_iss = world.fake.url
    assert (await world.signed_in())["user"]["role"] == "member"
    world.clock.advance(3601)
    world.fake.reset()
    world.fake.discovery = {"authorization_response_iss_parameter_supported": True}
    world.is_("mixed", "staff")
    await world.refused("answered this sign-in")  # it always says who it is, and here it did not


async def test_the_browser_is_led_back_to_the_dashboard_alone(world: World) -> None:
    browser = world.browser()
    for extra in (
        "next=https://evil.example.com",
        "redirect_uri=https://evil.example.com",
        "return_to=//evil.example.com",
    ):
        answer = await browser.http.get(f"/api/auth/oauth/oidc?{extra}")
        assert answer.headers["location"].startswith(f"{world.fake.url}/authorize?")
        assert "evil" not in answer.headers["location"]
        answer = await browser.http.get(f"/api/auth/oauth/oidc/callback?state=x&code=y&{extra}")
        assert answer.status_code == 400 or answer.headers["location"].startswith(f"{FRONTEND}/auth/callback?")


@pytest.mark.parametrize(
    ("discovery", "status", "big"),
    [
        ({"issuer": "https://other.example.com"}, 200, ""),
        ({"jwks_uri": "http://127.0.0.1:1/jwks"}, 200, ""),
        ({"jwks_uri": "https://169.254.169.254/latest"}, 200, ""),
        ({"jwks_uri": "file:///etc/passwd"}, 200, ""),
        ({"jwks_uri": 7}, 200, ""),
        ({}, 500, ""),
        ({}, 302, ""),
        ({}, 200, "discovery"),
        ({}, 200, "jwks"),
    ],
)
async def test_documents_that_cannot_be_used_are_a_sentence_on_the_way_out(
    world: World, discovery: dict[str, Any], status: int, big: str
) -> None:
    world.clock.advance(3601)
    world.fake.discovery, world.fake.status, world.fake.big = discovery, status, {big}
    for _ in range(3):
        answer = await world.browser().http.get("/api/auth/oauth/oidc")
        assert (answer.status_code, "cannot be reached right now" in answer.text) == (502, True)
    assert world.fake.calls.count("discovery") == 1  # a failure is remembered for ten seconds
    world.fake.reset()
    world.clock.advance(10)
    assert (await world.browser().http.get("/api/auth/oauth/oidc")).status_code == 302


async def test_a_provider_that_does_not_answer_is_given_up_and_its_old_keys_still_count(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.is_("patient", "staff")
    world.clock.advance(3601)
    await world.signed_in()
    world.fake.hangs = {"discovery"}
    world.clock.advance(3601)
    with monkeypatch.context() as hurried:
        hurried.setattr(documents, "_SECONDS", 0.05)
        assert (await world.browser().http.get("/api/auth/oauth/oidc")).status_code == 502
    world.fake.hangs = set()
    world.clock.advance(10)
    await world.signed_in()
    world.fake.hangs = {"discovery", "jwks"}
    world.clock.advance(1200)  # older than fresh: looked for beside the sign-in, which does not wait
    await world.signed_in()
    world.fake.ended.set()
    world.fake.ended = asyncio.Event()


async def test_a_token_endpoint_that_answers_too_much_or_nonsense_is_a_sentence(world: World) -> None:
    world.is_("token", "staff")
    world.fake.big = {"token"}
    await world.refused("cannot be reached right now")
    world.fake.big, world.fake.id_token = set(), "nonsense"
    await world.refused("did not confirm")
