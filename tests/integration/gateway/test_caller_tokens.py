"""Callers' own tokens on /v1: auth, a gateway and a played issuer, from the registration of the issuer to its end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
import structlog

from libs.common.bus import MemoryBus
from libs.common.clock import ManualClock
from libs.common.contracts.auth import FIND_ISSUER, CallerIssuer, FindIssuer
from libs.common.contracts.events import COMPLETION_FINISHED, CompletionFinished
from libs.common.errors import Unavailable
from libs.common.web import serve_http
from services.auth.app import create_app as create_auth
from services.gateway.app import create_app as create_gateway
from services.gateway.settings import GatewaySettings
from tests.fake_issuer.app import CLIENT_ID, CLIENT_SECRET, FakeIssuer, SigningKey, playing, rsa_key
from tests.fake_provider.app import FakeProvider
from tests.fixtures.gateway import gateway_stack
from tests.integration.auth.conftest import Auth, Org, settings_for
from tests.integration.auth.test_oauth import FRONTEND, Browser

pytestmark = pytest.mark.asyncio(loop_scope="module")
CHAT = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}
MESSAGES = {**CHAT, "max_tokens": 9}
GEMINI = {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]}
WAYS: dict[str, tuple[str, dict[str, Any], str]] = {
    "chat": ("/v1/chat/completions", CHAT, "authorization"),
    "messages": ("/v1/messages", MESSAGES, "x-api-key"),
    "gemini": ("/v1beta/models/gpt-4o:generateContent", GEMINI, "x-goog-api-key"),
}


class World:
    """All of it. The gateway's clock stands still; `org` trusts the issuer for the audience `promptly`."""

    def __init__(
        self, auth: Auth, issuer: FakeIssuer, bus: MemoryBus, clock: ManualClock, http: httpx.AsyncClient
    ) -> None:
        self.auth, self.issuer, self.bus, self.clock, self.http = auth, issuer, bus, clock, http
        self.finished: list[CompletionFinished] = []
        self.more = asyncio.Condition()
        self.provider_url = ""
        self.org: Org
        self.key_id = self.trusted = ""

    async def connected(self) -> Org:
        """An organization that has connected a provider."""
        org = await self.auth.new_org()
        off = {"level": "off", "cache_enabled": False, "routing_mode": "manual"}
        assert (await self.auth.call("PUT", "/api/optimization/settings", org.token, json=off)).status_code == 200
        body = {"provider": "openai", "api_key": "sk-provider-key-1234", "base_url": f"{self.provider_url}/v1"}
        assert (await self.auth.call("POST", "/api/keys/providers", org.token, json=body)).status_code == 201
        return org

    async def key(self, org: Org, **changes: Any) -> str:
        made = await self.auth.call("POST", "/api/keys/platform", org.token, json={"name": "callers", **changes})
        assert made.status_code == 201, made.text
        return str(made.json()["id"])

    async def trust(self, org: Org, key_id: str, **changes: Any) -> httpx.Response:
        body = {"issuer": self.issuer.url, "audience": "promptly", "key_id": key_id, **changes}
        return await self.auth.call("POST", "/api/issuers", org.token, json=body)

    async def ask(self, token: str, way: str = "chat", **headers: str) -> httpx.Response:
        path, body, header = WAYS[way]
        value = f"Bearer {token}" if header == "authorization" else token
        return await self.http.post(path, json=body, headers={header: value, **headers})

    async def event(self, answer: httpx.Response) -> CompletionFinished:
        """What is recorded of an answered request."""
        mine = answer.headers["x-promptly-request-id"]
        async with asyncio.timeout(10), self.more:
            await self.more.wait_for(lambda: any(one.id == mine for one in self.finished))
        return next(one for one in self.finished if one.id == mine)

    async def refused(self, token: str, words: str, way: str = "chat") -> None:
        """It is refused in the client's format, with a sentence that quotes nothing of it."""
        with structlog.testing.capture_logs() as logged:
            answer = await self.ask(token, way)
        assert answer.status_code == 401, answer.text
        error = answer.json()["error"]
        assert words in error["message"], error
        assert error["message"].startswith("This token is not accepted. ")
        form = {"chat": "code" in error, "messages": error.get("type") == "authentication_error"}
        assert form.get(way, error.get("status") == "UNAUTHENTICATED")
        for part in filter(None, token.split(".")):
            assert part not in answer.text
            assert part not in str(logged)


@asynccontextmanager
async def running(database_url: str, directory: Path) -> AsyncIterator[World]:
    bus, clock, provider = MemoryBus(), ManualClock(datetime.now(UTC)), FakeProvider()
    async with AsyncExitStack() as stack:
        issuer = await stack.enter_async_context(playing())
        served = await stack.enter_async_context(serve_http(provider, "127.0.0.1", 0, 1.0))  # type: ignore[arg-type]
        hosts = f"{issuer.url.removeprefix('http://')},127.0.0.1:{served.port}"
        settings = settings_for(
            database_url,
            allowed_hosts=hosts,
            frontend_url=FRONTEND,
            oidc_issuer=issuer.url,
            oidc_client_id=CLIENT_ID,
            oidc_client_secret=CLIENT_SECRET,
            oidc_roles="member=staff",
            oidc_org_claim="organization",
        )
        auth = await stack.enter_async_context(create_auth(settings, bus))
        gateway = await stack.enter_async_context(
            create_gateway(
                GatewaySettings(
                    port=0,
                    key_pepper=settings.key_pepper,
                    kek=settings.kek,
                    spool_dir=str(directory / "spool"),
                    allowed_hosts=hosts,
                    auth_url=f"http://127.0.0.1:{auth.port}",
                    drain_seconds=2.0,
                    stream_drain_seconds=1.0,
                ),
                bus,
                clock,
            )
        )
        api = await stack.enter_async_context(httpx.AsyncClient(base_url=f"http://127.0.0.1:{auth.port}", timeout=30))
        v1 = await stack.enter_async_context(httpx.AsyncClient(base_url=f"http://127.0.0.1:{gateway.port}", timeout=30))
        world = World(Auth(api, bus, settings), issuer, bus, clock, v1)

        async def finished(batch: list[CompletionFinished]) -> None:
            async with world.more:
                world.finished.extend(batch)
                world.more.notify_all()

        await bus.consume(COMPLETION_FINISHED, "test", finished)  # type: ignore[arg-type]
        world.provider_url = f"http://127.0.0.1:{served.port}"
        world.org = await world.connected()
        world.key_id = await world.key(world.org)
        claims = {"user_claim": "email", "tag_claim": "department"}
        trusted = await world.trust(world.org, world.key_id, **claims)
        assert trusted.status_code == 201, trusted.text
        world.trusted = trusted.json()["id"]
        yield world
        await bus.drain()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with running(database_url, tmp_path_factory.mktemp("callers")) as found:
        yield found


@pytest.fixture
def world(shared: World) -> World:
    shared.issuer.reset()
    return shared


def token(world: World, key: SigningKey | None = None, **claims: Any) -> str:
    now = int(world.clock.now().timestamp())
    times = {"iat": now, "exp": now + 300}
    return world.issuer.token(key, **{**times, "email": "ada@example.com", "department": "research", **claims})


@pytest.mark.parametrize("way", WAYS)
async def test_a_token_speaks_for_its_user_with_the_limits_of_the_key(world: World, way: str) -> None:
    answer = await world.ask(token(world), way, **{"x-promptly-tags": "team=a,department=forged"})
    assert answer.status_code == 200, answer.text
    event = await world.event(answer)
    assert (event.org_id, event.key_id, event.user_id) == (world.org.id, world.key_id, world.org.user_id)
    assert event.end_user == "ada@example.com"
    assert event.tags == {"team": "a", "department": "research"}


async def test_what_the_client_says_of_the_user_gives_way_to_the_token(world: World) -> None:
    headers = {"authorization": f"Bearer {token(world, email='grace@example.com')}"}
    answer = await world.http.post("/v1/chat/completions", json={**CHAT, "user": "forged"}, headers=headers)
    assert answer.status_code == 200
    assert (await world.event(answer)).end_user == "grace@example.com"


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


async def test_an_issuer_whose_keys_cannot_be_had_is_no_fault_of_the_token(tmp_path: Path) -> None:
    async with gateway_stack(tmp_path) as stack, httpx.AsyncClient(base_url=stack.url) as http:

        async def away(_: FindIssuer) -> CallerIssuer:
            raise Unavailable("The issuer's documents cannot be used: It did not answer within 3 seconds.")

        await stack.bus.serve(FIND_ISSUER, away)
        mine = FakeIssuer(url="https://login.example.com").token()
        answer = await http.post("/v1/chat/completions", json=CHAT, headers={"authorization": f"Bearer {mine}"})
        assert (answer.status_code, "cannot be checked right now" in answer.text) == (503, True)
        assert "retry-after" in answer.headers
