"""Registering, signing in and out, and what a token is worth."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest

from libs.common import keys
from libs.common.errors import Unauthorized
from libs.common.ids import is_id
from services.auth.domain.accounts import User
from services.auth.domain.permissions import permissions_of
from services.auth.sessions.clients.tokens import JwtTokens
from tests.integration.auth.conftest import JWT_SECRET, PASSWORD, PEPPER, Auth, Org

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_the_walk_of_the_quick_start(auth: Auth) -> None:
    response = await auth.register(email="Dev@MyCompany.com")
    assert response.status_code == 201
    body = response.json()
    assert set(body) == {"token", "user", "org", "api_key"}
    assert (body["user"]["email"], body["user"]["role"]) == ("dev@mycompany.com", "admin")
    assert (body["org"]["name"], body["org"]["account_type"]) == ("My Company", "team")
    assert is_id(body["org"]["id"], "org")
    assert keys.well_formed(body["api_key"])

    principal = await auth.verify(body["api_key"])
    assert principal.org_id == body["org"]["id"]
    assert principal.scopes == ("chat", "optimize")
    assert principal.settings.level == "moderate"

    login = await auth.http.post("/api/auth/login", json={"email": "DEV@mycompany.COM", "password": PASSWORD})
    assert login.status_code == 200
    assert set(login.json()) == {"token", "user", "org"}
    me = await auth.call("GET", "/api/auth/me", login.json()["token"])
    rights = [action.value for action in permissions_of("admin")]
    assert me.json() == {"user": body["user"], "org": body["org"], "permissions": rights}
    roles = (await auth.call("GET", "/api/team/roles", login.json()["token"])).json()["roles"]
    assert [role["role"] for role in roles] == ["admin", "member", "viewer"]
    assert roles[0]["permissions"] == rights


async def test_one_email_registers_once_even_at_the_same_moment(auth: Auth) -> None:
    answers = await asyncio.gather(
        auth.register(email="twice@example.com"), auth.register(email="TWICE@example.com", org_name="Other")
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert (await auth.register(email="twice@example.com")).status_code == 409


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"email": "nobody"}, "email"),
        ({"email": "a@b"}, "email"),
        ({"email": "a b@example.com"}, "email"),
        ({"email": ""}, "email"),
        ({"email": "a@example.com\x00"}, "email"),
        ({"email": 7}, "email"),
        ({"password": "1234567"}, "password"),
        ({"password": "x" * 129}, "password"),
        ({"password": "x" * 100_000}, "password"),
        ({"account_type": "root"}, "account_type"),
        ({"org_name": ""}, "org_name"),
        ({"org_name": "a\x00b"}, "org_name"),
        ({"org_name": None}, "org_name"),
        ({"org_name": "x" * 201}, "org_name"),
    ],
)
async def test_a_registration_that_does_not_fit_names_its_field(
    auth: Auth, changes: dict[str, Any], field: str
) -> None:
    response = await auth.register(**changes)
    assert response.status_code == 400
    body = response.json()
    assert body["detail"]
    assert [error["field"] for error in body["errors"]] == [field]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"[" * 100_000,
        b'{"email": ' * 50_000,
        b'{"email": "\xff\xfe"}',
        '{"email": "a"}'.encode("utf-16"),
        b'{"email": "\\ud800", "password": "12345678"}',
        b'{"email": "a@example.com", "password": NaN}',
        b'{"email": "a@example.com", "password": "12345678"} trailing',
    ],
)
@pytest.mark.parametrize("path", ["/api/auth/register", "/api/auth/login"])
async def test_a_body_that_is_no_json_of_ours_is_a_400(auth: Auth, path: str, body: bytes) -> None:
    response = await auth.http.post(path, content=body)
    assert response.status_code == 400
    assert set(response.json()) <= {"detail", "errors"}


async def test_wrong_email_and_wrong_password_read_alike(auth: Auth) -> None:
    org = await auth.new_org()
    wrong = await auth.http.post("/api/auth/login", json={"email": org.email, "password": "wrong-password"})
    unknown = await auth.http.post("/api/auth/login", json={"email": f"x{org.email}", "password": "wrong-password"})
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json()


async def test_the_sixth_guess_waits_and_other_accounts_do_not(auth: Auth) -> None:
    org, other = await auth.new_org(), await auth.new_org()
    guesses = await asyncio.gather(
        *(auth.http.post("/api/auth/login", json={"email": org.email, "password": f"wrong-{n}"}) for n in range(8))
    )
    assert sorted(guess.status_code for guess in guesses) == [401] * 5 + [429] * 3
    refused = await auth.http.post("/api/auth/login", json={"email": org.email, "password": PASSWORD})
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 900
    fine = await auth.http.post("/api/auth/login", json={"email": other.email, "password": PASSWORD})
    assert fine.status_code == 200
    # Through the gateway, which says where the client is.
    elsewhere = await auth.http.post(
        "/api/auth/login",
        json={"email": org.email, "password": PASSWORD},
        headers={"X-Forwarded-For": "203.0.113.9"},
    )
    assert elsewhere.status_code == 200


async def test_a_logout_ends_this_token_and_no_other(auth: Auth) -> None:
    org = await auth.new_org()
    other = (await auth.http.post("/api/auth/login", json={"email": org.email, "password": PASSWORD})).json()["token"]
    assert (await auth.call("GET", "/api/auth/me", org.token)).status_code == 200
    assert (await auth.call("POST", "/api/auth/logout", org.token)).status_code == 204
    assert (await auth.call("GET", "/api/auth/me", org.token)).status_code == 401
    assert (await auth.call("GET", "/api/auth/me", other)).status_code == 200


def _user(org: Org, **changes: Any) -> User:
    fields = {"id": org.user_id, "org_id": org.id, "email": org.email, "role": "admin", "version": 1}
    return User(**{**fields, "created_at": datetime.now(UTC), **changes})


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
async def test_tokens_that_are_not_ours_or_no_longer_count(auth: Auth) -> None:
    org, other = await auth.new_org(), await auth.new_org()
    header, claims = jwt.get_unverified_header(org.token), jwt.decode(org.token, options={"verify_signature": False})
    assert set(claims) == {"sub", "org", "role", "ver", "jti", "iat", "exp", "aud", "iss"}

    def forged(changes: dict[str, Any], key: str = JWT_SECRET, **how: Any) -> str:
        payload = {name: value for name, value in {**claims, **changes}.items() if value is not None}
        return jwt.encode(payload, key, **{"algorithm": "HS256", "headers": {"kid": header["kid"]}, **how})

    ours = JwtTokens([JWT_SECRET])
    long_ago = datetime.now(UTC) - timedelta(hours=12, minutes=1)
    head, payload, signature = org.token.split(".")
    other_payload = other.token.split(".")[1]
    worthless = {
        "alg none": forged({}, "", algorithm="none"),
        "another secret": forged({}, "x" * 32),
        "another algorithm": forged({}, algorithm="HS512"),
        "no kid": forged({}, headers={}),
        "unknown kid": forged({}, headers={"kid": "x"}),
        "expired": ours.issue(_user(org), long_ago),
        "wrong audience": forged({"aud": "x"}),
        "wrong issuer": forged({"iss": "x"}),
        **{f"without {name}": forged({name: None}) for name in claims},
        "version of before": ours.issue(_user(org, version=0), datetime.now(UTC)),
        "unknown user": ours.issue(_user(org, id="usr_x"), datetime.now(UTC)),
        "user of another organization": ours.issue(_user(org, org_id=other.id), datetime.now(UTC)),
        "NUL in the subject": forged({"sub": "a\x00"}),
        "payload edited": f"{head}.{other_payload}.{signature}",
        "signature cut": f"{head}.{payload}.",
        "an API key": org.api_key,
        "no token": ".",
        "far too long": "x" * 30_000,
    }
    for what, token in worthless.items():
        answer = await auth.call("GET", "/api/auth/me", token)
        assert answer.status_code == 401, what
        assert "detail" in answer.json(), what
    assert (await auth.call("GET", "/api/auth/me", forged({}))).status_code == 200
    assert (await auth.call("GET", "/api/auth/me")).status_code == 401
    basic = await auth.http.get("/api/auth/me", headers={"Authorization": f"Basic {org.token}"})
    assert basic.status_code == 401


async def test_an_edited_role_counts_for_nothing(auth: Auth) -> None:
    org = await auth.new_org()
    viewer = JwtTokens([JWT_SECRET]).issue(_user(org, role="viewer"), datetime.now(UTC))
    # The database says admin, whatever the token says.
    assert (await auth.call("PUT", "/api/org", viewer, json={"name": "New"})).status_code == 200


async def test_the_organization_can_be_renamed_and_lists_its_members(auth: Auth) -> None:
    org = await auth.new_org()
    renamed = await auth.call("PUT", "/api/org", org.token, json={"name": "<b>Neu & Söhne</b>"})
    assert renamed.json()["name"] == "<b>Neu & Söhne</b>"
    assert renamed.headers["content-type"] == "application/json"
    assert (await auth.call("GET", "/api/org", org.token)).json() == renamed.json()
    assert (await auth.call("PUT", "/api/org", org.token, json={"plan": "free"})).status_code == 400
    members = (await auth.call("GET", "/api/team/members", org.token)).json()["members"]
    assert [(member["email"], member["role"]) for member in members] == [(org.email, "admin")]


async def test_an_api_key_that_nobody_made_is_refused_over_the_bus(auth: Auth) -> None:
    assert auth.settings.key_pepper == PEPPER
    with pytest.raises(Unauthorized):
        await auth.verify(keys.new_key())


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/api/nothing", 404), ("DELETE", "/api/auth/login", 405), ("GET", "/", 404)],
)
async def test_framework_errors_have_our_shape(auth: Auth, method: str, path: str, status: int) -> None:
    answer = await auth.http.request(method, path)
    assert answer.status_code == status
    assert set(answer.json()) == {"detail"}


async def test_a_huge_body_is_refused(auth: Auth) -> None:
    answer = await auth.http.post("/api/auth/login", content=b"x" * (1024 * 1024 + 1))
    assert answer.status_code == 413
    assert set(answer.json()) == {"detail"}
