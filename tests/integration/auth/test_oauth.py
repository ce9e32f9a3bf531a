"""Signing in through GitHub and Google, played by a server that checks what they check."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pytest
import pytest_asyncio

from libs.common.bus import MemoryBus
from libs.common.clock import ManualClock
from services.auth.app import create_app
from tests.fake_oauth.app import CLIENT_ID, CLIENT_SECRET, FakeOAuth, Person, playing
from tests.integration.auth.conftest import PASSWORD, Auth, settings_for

pytestmark = pytest.mark.asyncio(loop_scope="module")
FRONTEND = "https://dashboard.example.com"
COOKIE = "promptly_oauth"


class Browser:
    """A browser: it keeps cookies, and follows whoever leads it on, one step at a time."""

    def __init__(self, auth: Auth, base: str) -> None:
        self.auth = auth
        self.http = httpx.AsyncClient(base_url=base, timeout=30)

    async def leave(self, source: str) -> str:
        """The provider's address that it is led to."""
        answer = await self.http.get(f"/api/auth/oauth/{source}")
        assert answer.status_code == 302, answer.text
        return str(answer.headers["Location"])

    async def come_back(self, address: str) -> str:
        """What the provider leads it back to."""
        answer = await self.http.get(address)
        assert answer.status_code == 302
        return str(answer.headers["Location"])

    async def finish(self, callback: str) -> dict[str, str]:
        """The query of the dashboard's page on which it ends."""
        answer = await self.http.get(urlsplit(callback).path + "?" + urlsplit(callback).query)
        assert answer.status_code == 302, answer.text
        page = urlsplit(answer.headers["Location"])
        assert f"{page.scheme}://{page.netloc}{page.path}" == f"{FRONTEND}/auth/callback"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        return dict(parse_qsl(page.query))

    async def sign_in(self, source: str) -> dict[str, str]:
        return await self.finish(await self.come_back(await self.leave(source)))

    async def exchange(self, code: str) -> httpx.Response:
        return await self.http.post("/api/auth/oauth/exchange", json={"code": code})


class World:
    """Auth, the provider, and a clock that stands still."""

    def __init__(self, auth: Auth, fake: FakeOAuth, clock: ManualClock, base: str) -> None:
        self.auth, self.fake, self.clock, self._base = auth, fake, clock, base

    def browser(self) -> Browser:
        return Browser(self.auth, self._base)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running_world(database_url: str) -> AsyncIterator[World]:
    clock, bus = ManualClock(datetime.now(UTC)), MemoryBus()
    async with playing() as fake:
        settings = settings_for(
            database_url,
            frontend_url=FRONTEND,
            public_url="http://localhost:8000/",
            github_client_id=CLIENT_ID,
            github_client_secret=CLIENT_SECRET,
            github_url=fake.url,
            github_api_url=f"{fake.url}/api",
            google_client_id=CLIENT_ID,
            google_client_secret=CLIENT_SECRET,
            google_authorize_url=f"{fake.url}/o/oauth2/v2/auth",
            google_token_url=f"{fake.url}/token",
            google_userinfo_url=f"{fake.url}/v1/userinfo",
        )
        async with create_app(settings, bus, clock) as app:
            base = f"http://127.0.0.1:{app.port}"
            async with httpx.AsyncClient(base_url=base, timeout=30) as http:
                yield World(Auth(http, bus, settings), fake, clock, base)


@pytest.fixture
def world(running_world: World, request: pytest.FixtureRequest) -> World:
    """The world with a person of the test's own."""
    fake = running_world.fake
    fake.denies, fake.broken = False, None
    fake.problems.clear()
    number = abs(hash(request.node.name)) % 10**9
    fake.person = Person(id=number, email=f"octo-{number}@example.com")
    return running_world


@pytest.mark.parametrize("source", ["github", "google"])
async def test_the_first_sign_in_makes_a_personal_organization_and_the_next_finds_it(world: World, source: str) -> None:
    browser = world.browser()
    ended = await browser.sign_in(source)
    assert set(ended) == {"code"}
    made = await browser.exchange(ended["code"])
    assert made.status_code == 200
    body = made.json()
    assert set(body) == {"token", "user", "org"}
    assert (body["user"]["email"], body["user"]["role"]) == (world.fake.person.email, "admin")
    assert body["org"]["account_type"] == "personal"
    assert (await world.auth.call("GET", "/api/keys/platform", body["token"])).json() == {"keys": []}
    assert (await world.auth.call("GET", "/api/optimization/settings", body["token"])).json()["level"] == "moderate"
    known = await world.auth.call("GET", "/api/auth/sign-ins", body["token"])
    assert known.json() == {"password": False, "oauth": [source]}

    again = world.browser()
    second = await again.exchange((await again.sign_in(source))["code"])
    assert second.json()["user"] == body["user"]
    assert world.fake.problems == []
    wrong = {"email": world.fake.person.email, "password": PASSWORD}
    assert (await world.auth.http.post("/api/auth/login", json=wrong)).status_code == 401


async def test_the_redirect_carries_what_it_must_and_no_secret(world: World) -> None:
    browser = world.browser()
    query = dict(parse_qsl(urlsplit(await browser.leave("github")).query))
    assert query["redirect_uri"] == "http://localhost:8000/api/auth/oauth/github/callback"
    assert len(query["code_challenge"]) == 43
    assert CLIENT_SECRET not in str(query)
    assert browser.http.cookies[COOKIE] not in str(query)
    (cookie,) = (await browser.http.get("/api/auth/oauth/github")).headers.get_list("set-cookie")
    assert "httponly" in cookie.lower()
    assert "samesite=lax" in cookie.lower()
    assert "path=/" in cookie.lower()


async def test_a_code_works_once_within_a_minute_in_the_browser_that_got_it(world: World) -> None:
    browser, thief = world.browser(), world.browser()
    code = (await browser.sign_in("github"))["code"]
    await thief.leave("github")
    assert (await thief.exchange(code)).status_code == 400
    assert (await world.browser().exchange(code)).status_code == 400
    assert (await browser.exchange("x" * 43)).status_code == 400
    cookie = browser.http.cookies[COOKIE]
    assert (await browser.exchange(code)).status_code == 200
    assert COOKIE not in browser.http.cookies
    browser.http.cookies.set(COOKIE, cookie)
    assert (await browser.exchange(code)).status_code == 400
    late = world.browser()
    code = (await late.sign_in("github"))["code"]
    world.clock.advance(60)
    assert (await late.exchange(code)).status_code == 400
    world.clock.advance(-60)  # tokens are read by the machine's own clock


async def test_a_state_works_once_within_ten_minutes_for_one_provider_in_one_browser(world: World) -> None:
    browser = world.browser()
    callback = await browser.come_back(await browser.leave("github"))
    where = urlsplit(callback)
    query = dict(parse_qsl(where.query))
    refused = {"error_code": "bad_state", "status": "400"}
    assert refused.items() <= (await world.browser().finish(callback)).items()
    for state in (query["state"][:-2] + "AA", "", "x.y.z"):
        changed = f"{where.path}?{urlencode({**query, 'state': state})}"
        assert refused.items() <= (await browser.finish(changed)).items(), state
    for odd in ({"code": query["code"]}, {**query, "state": "x" * 5000}):
        assert (await browser.http.get(where.path, params=odd)).status_code == 400, odd
    assert refused.items() <= (await browser.finish(f"/api/auth/oauth/google/callback?{where.query}")).items()
    assert "code" in await browser.finish(callback)
    assert refused.items() <= (await browser.finish(callback)).items()


async def test_a_session_is_no_state_and_a_state_no_session(world: World) -> None:
    org, browser = await world.auth.new_org(), world.browser()
    state = dict(parse_qsl(urlsplit(await browser.leave("github")).query))["state"]
    assert (await world.auth.call("GET", "/api/auth/me", state)).status_code == 401
    forged = urlencode({"state": org.token, "code": "x"})
    assert (await browser.finish(f"/api/auth/oauth/github/callback?{forged}"))["error_code"] == "bad_state"


@pytest.mark.parametrize("source", ["github", "google"])
@pytest.mark.parametrize("changes", [{"verified": False}, {"email": None}, {"email": "no address"}])
async def test_only_a_verified_email_counts(world: World, source: str, changes: dict[str, Any]) -> None:
    for name, value in changes.items():
        setattr(world.fake.person, name, value)
    ended = await world.browser().sign_in(source)
    assert (ended["error_code"], ended["status"]) == ("email_not_verified", "403")


async def test_a_password_account_is_linked_only_by_whoever_is_signed_in(world: World) -> None:
    org = await world.auth.new_org()
    world.fake.person.email = org.email
    browser = world.browser()
    ended = await browser.sign_in("github")
    assert (ended["error_code"], ended["status"]) == ("email_taken", "409")
    assert "sign in" in ended["error"]

    headers = {"Authorization": f"Bearer {org.token}"}
    known = await browser.http.get("/api/auth/sign-ins", headers=headers)
    assert known.json() == {"password": True, "oauth": []}
    assert (await browser.http.post("/api/auth/oauth/github/link")).status_code == 401
    started = await browser.http.post("/api/auth/oauth/github/link", headers=headers)
    ended = await browser.finish(await browser.come_back(started.json()["url"]))
    linked = await browser.exchange(ended["code"])
    assert linked.json()["user"]["id"] == org.user_id
    known = await browser.http.get("/api/auth/sign-ins", headers=headers)
    assert known.json() == {"password": True, "oauth": ["github"]}

    again = world.browser()
    found = await again.exchange((await again.sign_in("github"))["code"])
    assert found.json()["user"]["id"] == org.user_id
    other = await world.auth.new_org()
    headers = {"Authorization": f"Bearer {other.token}"}
    started = await again.http.post("/api/auth/oauth/github/link", headers=headers)
    ended = await again.finish(await again.come_back(started.json()["url"]))
    assert (ended["error_code"], ended["status"]) == ("identity_taken", "409")


async def test_what_goes_wrong_there_is_said_on_the_dashboards_page(world: World) -> None:
    world.fake.denies = True
    assert (await world.browser().sign_in("google"))["error_code"] == "access_denied"
    world.fake.denies = False
    for source, status in (("github", 500), ("google", 503)):
        world.fake.broken = status
        ended = await world.browser().sign_in(source)
        assert (ended["error_code"], ended["status"]) == ("upstream_error", "502")
    world.fake.broken = None
    browser = world.browser()
    callback = await browser.come_back(await browser.leave("github"))
    world.fake.codes.clear()
    ended = await browser.finish(callback)
    assert ended["error_code"] == "upstream_error"


async def test_a_sign_in_page_is_told_who_is_set_up(world: World) -> None:
    answer = await world.auth.http.get("/api/auth/options")
    assert answer.json() == {
        "registration": "open",
        "bootstrap_token": False,
        "oidc_name": None,
        "oauth": ["github", "google"],
        "mail": False,
    }


async def test_whoever_is_not_set_up_is_a_404_with_a_sentence(database_url: str) -> None:
    async with (
        create_app(settings_for(database_url), MemoryBus()) as app,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{app.port}") as http,
    ):
        for path in ("github", "google", "acme", "github/callback?state=x&code=y"):
            answer = await http.get(f"/api/auth/oauth/{path}")
            assert answer.status_code == 404
            assert answer.json()["detail"]


async def test_over_https_the_cookie_is_for_this_host_alone(database_url: str) -> None:
    given = {"github_client_id": "i", "github_client_secret": "s", "public_url": "https://api.example.com"}
    settings = settings_for(database_url, **given, registration="invite")
    async with (
        create_app(settings, MemoryBus()) as app,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{app.port}") as http,
    ):
        answer = await http.get("/api/auth/oauth/github")
        (cookie,) = answer.headers.get_list("set-cookie")
        assert cookie.startswith("__Host-promptly_oauth=")
        assert "secure" in cookie.lower()
        assert "domain" not in cookie.lower()
        assert urlsplit(answer.headers["Location"]).netloc == "github.com"
