"""`promptly doctor` on sign-in with an OpenID Connect provider that is set up wrong in one way each."""

import time
from typing import Any

import pytest

from deploy.doctor import command
from deploy.doctor.finding import Finding
from deploy.doctor.settings import Installation
from deploy.doctor.sign_in import check_sign_in
from tests.fake_issuer.app import CLIENT_ID, FakeIssuer, playing

CALLBACK = "https://promptly.example.com/api/auth/oauth/oidc/callback"


def environment(fake: FakeIssuer, **changes: str) -> dict[str, str]:
    given = {"ISSUER": fake.url, "CLIENT_ID": CLIENT_ID, "CLIENT_SECRET": "never-printed", **changes}
    settings = {f"PROMPTLY_OIDC_{name}": value for name, value in given.items() if name != "PUBLIC_URL"}
    return {"PROMPTLY_PUBLIC_URL": changes.get("PUBLIC_URL", "https://promptly.example.com"), **settings}


async def found(fake: FakeIssuer, now: float | None = None, **changes: str) -> list[Finding]:
    return await check_sign_in(environment(fake, **changes), time.time() if now is None else now)


async def test_without_a_provider_nothing_is_said() -> None:
    assert await check_sign_in({}, 0.0) == []


async def test_a_provider_that_is_set_up_is_one_line_that_names_the_redirect_uri() -> None:
    async with playing() as fake:
        [one] = await found(fake)
        assert (one.state, CALLBACK in one.says) == ("ok", True), one
        assert fake.problems == [], "the request is one that a browser would bring"
        [ours] = [
            one async for one in command.check(Installation(environment=environment(fake))) if one.check == "sign-in"
        ]
        assert ours == one


@pytest.mark.parametrize(
    ("discovery", "says", "mend"),
    [
        ({"issuer": "https://other.example.com"}, "another issuer", "PROMPTLY_OIDC_ISSUER=https://other.example.com"),
        ({"token_endpoint": None}, "no token_endpoint", "issuer of a provider"),
        ({"authorization_endpoint": "{url}/nowhere"}, "refuses to begin a sign-in (404)", CALLBACK),
        ({"jwks_uri": "{url}/nowhere"}, "holds no key", "Ask whoever"),
        ({"scopes_supported": ["openid", "email"]}, "does not list these scopes: profile", "PROMPTLY_OIDC_SCOPES"),
    ],
)
async def test_what_is_wrong_with_its_documents_is_named(discovery: dict[str, Any], says: str, mend: str) -> None:
    async with playing() as fake:
        fake.discovery = {
            name: value.replace("{url}", fake.url) if isinstance(value, str) else value
            for name, value in discovery.items()
        }
        [one] = await found(fake)
    assert (one.state in ("failed", "warning"), says in one.says, mend in one.mend) == (True, True, True), one


async def test_a_provider_that_is_away_or_is_none_is_named() -> None:
    async with playing() as fake:
        [one] = await found(fake, ISSUER=f"{fake.url}/nowhere")
        assert (one.state, "answers 404" in one.says) == ("failed", True)
        fake.status = 503
        [one] = await found(fake)
        assert (one.state, "answers 503" in one.says) == ("failed", True)
    [one] = await found(fake)
    assert (one.state, "cannot be reached" in one.says) == ("failed", True)
    assert "never-printed" not in str(one)


@pytest.mark.parametrize(("off", "way"), [(90.0, "ahead of"), (-3600.0, "behind")])
async def test_a_clock_whose_tokens_would_be_refused_is_named(off: float, way: str) -> None:
    async with playing() as fake:
        [one] = await found(fake, time.time() + off)
    assert (one.check, one.state, way in one.says) == ("clock", "failed", True), one


@pytest.mark.parametrize(
    ("url", "says"),
    [("http://localhost:8000", "each user's own machine"), ("http://promptly.example.com", "without encryption")],
)
async def test_a_redirect_uri_that_cannot_work_is_named(url: str, says: str) -> None:
    async with playing() as fake:
        [one] = await found(fake, PUBLIC_URL=url)
    assert (one.state, says in one.says) == ("warning", True), one
