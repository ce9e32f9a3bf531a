"""Issuers as an admin adds them, and a person of one who signs in through the gateway."""

from typing import Any

import pytest

from tests.integration.auth.test_oauth import Browser
from tests.integration.gateway.callers_world import World, callers_running, clean_world, token  # noqa: F401  # fixtures

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"issuer": "https://localhost"}, "issuer"),
        ({"issuer": "http://login.example.com"}, "issuer"),
        ({"issuer": "https://10.0.0.1"}, "issuer"),
        ({"issuer": "https://login.example.com/?a=b"}, "issuer"),
        ({"issuer": "https://u:p@login.example.com"}, "issuer"),
        ({"issuer": "nonsense"}, "issuer"),
        ({"audience": ""}, "audience"),
        ({"key_id": "key_" + "0" * 32}, "key_id"),
        ({"user_claim": ""}, "user_claim"),
        ({"user_claim": "with space"}, "user_claim"),
        ({"tag_claim": "a=b"}, "tag_claim"),
        ({"required_claims": {f"c{number}": "v" for number in range(11)}}, "required_claims"),
        ({"required_claims": {"c": 1}}, "required_claims"),
        ({"issuer": "https://token.actions.githubusercontent.com"}, "required_claims"),
        ({"issuer": "https://accounts.google.com", "required_claims": {}}, "required_claims"),
        ({"issuer": "https://accounts.google.com", "required_claims": {"email_verified": "true"}}, "required_claims"),
        (
            {"issuer": "https://gitlab.com", "required_claims": {"ref": "main", "ref_protected": "true"}},
            "required_claims",
        ),
        (
            {"issuer": "https://token.actions.githubusercontent.com", "required_claims": {"ref": "refs/heads/main"}},
            "required_claims",
        ),
        ({"more": 1}, "more"),
    ],
)
async def test_an_issuer_that_does_not_fit_names_its_field(world: World, changes: dict[str, Any], field: str) -> None:
    body = {"issuer": world.issuer.url, "audience": "other", "key_id": world.key_id, **changes}
    answer = await world.auth.call("POST", "/api/issuers", world.org.token, json=body)
    assert answer.status_code == 400, answer.text
    assert answer.json()["errors"][0]["field"].startswith(field)


async def test_an_issuer_is_looked_at_before_it_is_kept_and_there_are_twenty_at_most(world: World) -> None:
    org = await world.connected()
    key_id = await world.key(org)
    elsewhere = await world.trust(org, key_id, issuer=f"{world.issuer.url}/realms/none")
    assert (elsewhere.status_code, "answered with 404" in elsewhere.text) == (400, True)
    for number in range(20):
        assert (await world.trust(org, key_id, audience=f"audience-{number}")).status_code == 201
    answer = await world.trust(org, key_id, audience="one-more")
    assert (answer.status_code, "20 issuers" in answer.text) == (400, True)
    assert len((await world.auth.call("GET", "/api/issuers", org.token)).json()["issuers"]) == 20
    erased = await world.auth.call("DELETE", "/api/org", org.token, json={"name": "My Company"})
    assert erased.status_code == 204
    await world.refused(token(world, aud="audience-0"), "trusts this token's issuer")


async def test_a_person_signs_in_through_the_gateway_and_calls_with_a_key_of_theirs(world: World) -> None:
    who = {"sub": "grace", "email": "grace@example.com", "groups": ["staff"], "organization": world.org.id}
    world.issuer.claims = who
    browser = Browser(world.auth, str(world.http.base_url))
    ended = await browser.sign_in("oidc")
    assert set(ended) == {"code"}, ended
    signed_in = (await browser.exchange(ended["code"])).json()
    assert (signed_in["user"]["role"], signed_in["org"]["id"]) == ("member", world.org.id)
    headers = {"authorization": f"Bearer {signed_in['token']}"}
    made = (await world.http.post("/api/keys/platform", json={"name": "grace's"}, headers=headers)).json()
    assert (await world.ask(made["api_key"])).status_code == 200
    assert (await world.ask(signed_in["token"])).status_code == 401  # a session of the dashboard's is no key
    world.issuer.claims = {**who, "groups": []}
    assert (await Browser(world.auth, str(world.http.base_url)).sign_in("oidc"))["error_code"] == "no_group"
    assert (await world.ask(made["api_key"])).status_code == 401  # at once
    assert (await world.http.get("/api/org", headers=headers)).status_code == 401
    for claim in ({"organization": None}, {"organization": "org_" + "0" * 32}, {"organization": 7}):
        world.issuer.claims = {**who, **claim}
        assert "organization" in (await Browser(world.auth, str(world.http.base_url)).sign_in("oidc"))["error"]
    await browser.http.aclose()
