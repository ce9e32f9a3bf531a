"""Callers' own tokens on /v1, from the registration of their issuer to its end."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from libs.common.contracts.analytics import SPENT, RequestQuery, Spent
from libs.common.contracts.auth import FIND_ISSUER, CallerIssuer, FindIssuer
from libs.common.errors import Unavailable
from tests.fake_issuer.app import FakeIssuer, rsa_key
from tests.fixtures.gateway import gateway_stack
from tests.integration.gateway.callers_world import CHAT, WAYS, World, callers_running, clean_world, token  # noqa: F401  # fixtures

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize("way", WAYS)
async def test_a_token_speaks_for_its_user_with_the_limits_of_the_key(world: World, way: str) -> None:
    answer = await world.ask(token(world), way, **{"x-promptly-tags": "team=a,department=forged"})
    assert answer.status_code == 200, answer.text
    event = await world.event(answer)
    assert (event.org_id, event.key_id, event.user_id) == (world.org.id, world.key_id, world.org.user_id)
    assert event.end_user == "ada@example.com"
    assert event.tags == {"team": "a", "department": "research"}


@pytest.mark.parametrize("department", [None, 7, "R&D, Berlin", ""])
async def test_a_tag_that_the_token_should_give_is_not_for_the_client_to_say(world: World, department: Any) -> None:
    """Or whoever has a token without it would spend another department's budget."""
    answer = await world.ask(token(world, department=department), **{"x-promptly-tags": "team=a,department=forged"})
    assert (await world.event(answer)).tags == {"team": "a"}, answer.text
    said = {"prompt": "Please say hello to everybody.", "metadata": {"department": "forged", "team": "b"}}
    headers = {"authorization": f"Bearer {token(world, department=department)}"}
    answer = await world.http.post("/v1/optimize", json=said, headers=headers)
    assert (await world.event(answer)).tags == {"team": "b"}, answer.text


async def test_what_the_client_says_of_the_user_gives_way_to_the_token(world: World) -> None:
    headers = {"authorization": f"Bearer {token(world, email='grace@example.com')}"}
    answer = await world.http.post("/v1/chat/completions", json={**CHAT, "user": "forged"}, headers=headers)
    assert answer.status_code == 200
    assert (await world.event(answer)).end_user == "grace@example.com"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/embeddings", {"model": "text-embedding-3-small", "input": "Hi", "user": "forged"}),
        ("/v1/moderations", {"model": "omni-moderation-latest", "input": "Hi"}),
        ("/v1/responses", {"model": "gpt-4o", "input": "Hi", "safety_identifier": "forged"}),
        (
            "/v1/optimize",
            {"prompt": "Please say hello to everybody in the room.", "metadata": {"department": "forged"}},
        ),
    ],
)
async def test_other_endpoints_record_the_user_and_the_tag_of_the_token(world: World, path: str, body: Any) -> None:
    headers = {"authorization": f"Bearer {token(world)}", "x-promptly-tags": "department=forged"}
    answer = await world.http.post(path, json=body, headers=headers)
    event = await world.event(answer)
    assert (event.end_user, event.tags) == ("ada@example.com", {"department": "research"}), answer.text


async def test_lists_and_counts_take_a_token_too(world: World) -> None:
    headers = {"authorization": f"Bearer {token(world)}"}
    assert (await world.http.get("/v1/models", headers=headers)).status_code == 200
    assert (await world.http.get(f"/v1beta/models?key={token(world)}")).status_code == 200
    assert (await world.http.get("/v1/models")).status_code == 401


@pytest.mark.parametrize("way", WAYS)
async def test_what_is_wrong_with_a_token_is_said_in_the_client_s_format(world: World, way: str) -> None:
    now = int(world.clock.now().timestamp())
    unsigned = token(world).rpartition(".")[0]
    await world.refused(token(world, exp=now - 31), "has expired", way)
    await world.refused(token(world, nbf=now + 60), "not valid yet", way)
    await world.refused(token(world, aud="somebody-else"), "trusts this token's issuer", way)
    await world.refused(token(world, aud=None), "trusts this token's issuer", way)
    await world.refused(token(world, iss="https://other.example.com"), "trusts this token's issuer", way)
    await world.refused(token(world, rsa_key("first", fresh=True)), "not its issuer's", way)
    await world.refused(token(world, rsa_key("nobody's", fresh=True)), "publishes no key", way)
    await world.refused(token(world, email=None), "claim email", way)
    await world.refused(token(world, email="a" * 257), "claim email", way)
    await world.refused(token(world, email="nul\x00"), "claim email", way)
    await world.refused(token(world, aud="nul\x00"), "that can be read", way)
    await world.refused(f"{unsigned}.", "not its issuer's", way)
    await world.refused("eyJhbGciOiJub25lIn0." + unsigned.partition(".")[2] + ".x", "algorithm", way)
    await world.refused("eyJhbGciOiJIUzI1NiJ9." + unsigned.partition(".")[2] + ".x", "algorithm", way)


async def test_a_token_that_was_taken_ends_when_it_says(world: World) -> None:
    mine = token(world, exp=int(world.clock.now().timestamp()) + 10)
    assert (await world.ask(mine)).status_code == 200
    world.clock.advance(39)  # within the difference that clocks may have
    assert (await world.ask(mine)).status_code == 200
    world.clock.advance(2)
    await world.refused(mine, "has expired")


async def test_a_new_key_is_taken_at_once_and_made_up_ones_cost_the_issuer_nothing(world: World) -> None:
    assert (await world.ask(token(world))).status_code == 200
    world.issuer.calls.clear()
    for number in range(20):
        await world.refused(token(world, rsa_key(f"made-up-{number}")), "publishes no key")
    assert world.issuer.calls.count("jwks") <= 1
    world.clock.advance(11)  # the gateway asks again; auth's own ten seconds run on the machine's clock
    world.issuer.calls.clear()
    for _ in range(3):
        assert (await world.ask(token(world))).status_code == 200
    assert world.issuer.calls == []


async def test_a_promptly_key_beside_a_token_is_the_one_that_counts(world: World) -> None:
    other = await world.connected()
    answer = await world.ask(token(world), "chat", **{"x-api-key": other.api_key})
    assert answer.status_code == 200
    assert (await world.event(answer)).org_id == other.id
    both = {"authorization": f"Bearer {token(world)}", "x-api-key": token(world, email="other@example.com")}
    answer = await world.http.post("/v1/chat/completions", json=CHAT, headers=both)
    assert (answer.status_code, "several keys" in answer.text) == (401, True)
    with_dummy = {"authorization": f"Bearer {token(world)}", "x-api-key": "not-needed"}
    assert (await world.http.post("/v1/chat/completions", json=CHAT, headers=with_dummy)).status_code == 200


async def test_required_claims_scopes_and_the_rate_limit_of_the_key_hold(world: World) -> None:
    org = await world.connected()
    key_id = await world.key(org, rpm=2, scopes=["chat"])
    required = {"repository_owner": "acme", "groups": "staff", "level": "3", "active": "true"}
    made = await world.trust(org, key_id, audience="narrow", required_claims=required)
    assert made.status_code == 201, made.text
    fine = {"aud": "narrow", "repository_owner": "acme", "groups": ["other", "staff"], "level": 3, "active": True}
    assert (await world.ask(token(world, **fine))).status_code == 200
    for name in required:
        for value in (None, "Acme", ["acm"], {"acme": 1}):
            await world.refused(token(world, **{**fine, name: value}), f"claim {name} is not")
    headers = {"authorization": f"Bearer {token(world, **fine)}"}
    optimized = await world.http.post("/v1/optimize", json={"prompt": "hello"}, headers=headers)
    assert optimized.status_code == 403
    answers = [(await world.ask(token(world, **fine, sub=f"user-{number}"))).status_code for number in range(3)]
    assert answers.count(429) >= 1  # the users of an issuer share what its key may


async def test_an_audience_belongs_to_one_organization_and_no_token_to_two(world: World) -> None:
    other = await world.connected()
    key_id = await world.key(other)
    taken = await world.trust(other, key_id)
    assert (taken.status_code, "trusted for this audience already" in taken.text) == (409, True)
    assert (await world.trust(other, key_id, audience="account")).status_code == 201
    await world.refused(token(world, aud=["promptly", "account"]), "Different organizations")
    assert (await world.ask(token(world, aud=["promptly", "unknown"]))).status_code == 200


async def test_a_removed_issuer_or_a_revoked_key_ends_its_tokens_at_once(world: World) -> None:
    org = await world.connected()
    key_id = await world.key(org)
    made = (await world.trust(org, key_id, audience="short-lived")).json()
    mine = token(world, aud="short-lived")
    assert (await world.ask(mine)).status_code == 200
    assert (await world.auth.call("DELETE", f"/api/issuers/{made['id']}", org.token)).status_code == 204
    await world.refused(mine, "trusts this token's issuer")
    again = await world.trust(org, key_id, audience="short-lived")
    assert again.status_code == 201
    assert (await world.ask(mine)).status_code == 200
    assert (await world.auth.call("DELETE", f"/api/keys/platform/{key_id}", org.token)).status_code == 204
    await world.refused(mine, "is revoked or expired")
    log = (await world.auth.call("GET", "/api/audit-log", org.token)).json()["entries"]
    added, removed = (next(one for one in log if one["action"] == f"issuer_{what}") for what in ("added", "removed"))
    assert removed["before"] == {
        "id": made["id"],
        "issuer": world.issuer.url,
        "audience": "short-lived",
        "key": key_id,
        "user_claim": "sub",
        "tag_claim": None,
        "required_claims": {},
    }
    assert (added["after"]["id"], added["actor"]) == (again.json()["id"], org.user_id)


async def test_a_removed_issuer_ends_within_half_a_minute_while_the_bus_is_away(world: World) -> None:
    org = await world.connected()
    made = (await world.trust(org, await world.key(org), audience="no-bus")).json()
    mine = token(world, aud="no-bus")
    world.bus.connected = False
    try:
        assert (await world.ask(mine)).status_code == 200  # over HTTP
        assert (await world.auth.call("DELETE", f"/api/issuers/{made['id']}", org.token)).status_code == 204
        world.clock.advance(30)
        await world.refused(token(world, aud="no-bus"), "trusts this token's issuer")
    finally:
        world.bus.connected = True


async def test_an_issuer_that_is_away_keeps_nobody_out_whose_keys_are_known(world: World) -> None:
    assert (await world.ask(token(world))).status_code == 200
    world.issuer.status = 500
    world.clock.advance(31)
    assert (await world.ask(token(world))).status_code == 200


async def test_an_issuer_whose_keys_cannot_be_had_is_no_fault_of_the_token(tmp_path: Path) -> None:
    async with gateway_stack(tmp_path) as stack, httpx.AsyncClient(base_url=stack.url) as http:

        async def away(_: FindIssuer) -> CallerIssuer:
            raise Unavailable("The issuer's documents cannot be used: It did not answer within 3 seconds.")

        await stack.bus.serve(FIND_ISSUER, away)
        mine = FakeIssuer(url="https://login.example.com").token()
        answer = await http.post("/v1/chat/completions", json=CHAT, headers={"authorization": f"Bearer {mine}"})
        assert (answer.status_code, "cannot be checked right now" in answer.text) == (503, True)
        assert "retry-after" in answer.headers


async def test_a_token_counts_for_the_team_of_the_key(world: World) -> None:
    org = await world.connected()
    team = await world.auth.call("POST", "/api/teams", org.token, json={"name": "platform"})
    assert team.status_code == 201, team.text
    key_id = await world.key(org, team="platform")
    assert (await world.trust(org, key_id, audience="a-team's")).status_code == 201
    event = await world.event(await world.ask(token(world, aud="a-team's")))
    assert (event.team_id, event.key_id) == (team.json()["id"], key_id)


async def test_the_budget_of_a_user_holds_for_whom_the_token_names(world: World) -> None:
    async def spent(_: RequestQuery) -> Spent:
        return Spent(nano=0)

    await world.bus.serve(SPENT, spent)
    org = await world.connected()
    body = {"name": "ada's", "subject": "user", "value": "ada@example.com", "period": "day", "limit_usd": 0.000001}
    assert (await world.auth.call("POST", "/api/budgets", org.token, json=body)).status_code == 201
    assert (await world.trust(org, await world.key(org), audience="budgets", user_claim="email")).status_code == 201

    async def status(email: str, said: str) -> int:
        headers = {"authorization": f"Bearer {token(world, aud='budgets', email=email)}"}
        return (await world.http.post("/v1/chat/completions", json={**CHAT, "user": said}, headers=headers)).status_code

    assert await status("ada@example.com", "grace@example.com") == 402
    assert await status("grace@example.com", "ada@example.com") == 200
