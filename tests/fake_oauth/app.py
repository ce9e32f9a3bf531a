"""GitHub's and Google's sign-in: authorize, token, and who it was. One use per code, PKCE checked, secrets compared.

Another process says at `/_control` who sits at the browser, and whether they are let in.
"""

import base64
import hashlib
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode

from litestar import Litestar, Request, Response, get, post

from libs.common.web import serve_http

CLIENT_ID, CLIENT_SECRET = "the-client", "the-client-secret"


@dataclass
class Person:
    """Who sits at the browser, as the provider knows them."""

    id: int = 583231
    email: str | None = "octo@example.com"
    verified: bool = True


@dataclass
class FakeOAuth:
    """What a test sets and sees. `broken` answers every token request with that status."""

    person: Person = field(default_factory=Person)
    denies: bool = False
    broken: int | None = None
    url: str = ""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)

    def authorize(self, query: dict[str, str], scope: str) -> Response[None]:
        wanted = {"response_type": "code", "client_id": CLIENT_ID, "code_challenge_method": "S256", "scope": scope}
        for name, value in wanted.items():
            if query.get(name) != value:
                self.problems.append(f"authorize: {name} is {query.get(name)!r}")
        answer = {"state": query["state"]}
        if self.denies:
            answer["error"] = "access_denied"
        else:
            answer["code"] = secrets.token_urlsafe(16)
            self.codes[answer["code"]] = query
        return Response(None, status_code=302, headers={"Location": f"{query['redirect_uri']}?{urlencode(answer)}"})

    def exchange(self, form: dict[str, str]) -> str | None:
        """An access token, or None and a note of what was wrong."""
        begun = self.codes.pop(form.get("code", ""), None)
        if begun is None:
            self.problems.append("token: unknown or used code")
            return None
        challenge = (
            base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        )
        checks = {
            "verifier": challenge == begun["code_challenge"] and 43 <= len(form["code_verifier"]) <= 128,
            "redirect_uri": form.get("redirect_uri") == begun["redirect_uri"],
            "client": (form.get("client_id"), form.get("client_secret")) == (CLIENT_ID, CLIENT_SECRET),
            "grant_type": form.get("grant_type") == "authorization_code",
        }
        self.problems += [f"token: {name}" for name, fine in checks.items() if not fine]
        token = secrets.token_urlsafe(16)
        self.tokens.add(token)
        return token if all(checks.values()) else None

    def knows(self, request: Request[Any, Any, Any]) -> bool:
        return request.headers.get("authorization", "").removeprefix("Bearer ") in self.tokens


def create_app(fake: FakeOAuth) -> Litestar:
    """The server's routes, as both providers lay them out."""

    async def form_of(request: Request[Any, Any, Any]) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}

    @get("/login/oauth/authorize")
    async def github_authorize(request: Request[Any, Any, Any]) -> Response[None]:
        return fake.authorize(dict(request.query_params), "read:user user:email")

    @post("/login/oauth/access_token", status_code=200)
    async def github_token(request: Request[Any, Any, Any]) -> Response[dict[str, Any]]:
        if request.headers.get("accept") != "application/json":
            fake.problems.append("token: GitHub answers a form to whoever does not accept JSON")
        token = fake.exchange(await form_of(request))
        if fake.broken is not None:
            return Response({}, status_code=fake.broken)
        return Response({"error": "bad_verification_code"} if token is None else {"access_token": token})

    @get("/api/user")
    async def github_user(request: Request[Any, Any, Any]) -> Response[dict[str, Any]]:
        if not fake.knows(request) or "user-agent" not in request.headers:
            return Response({}, status_code=401)
        return Response({"id": fake.person.id, "login": "octo", "email": None})

    @get("/api/user/emails")
    async def github_emails(request: Request[Any, Any, Any]) -> Response[list[dict[str, Any]]]:
        if not fake.knows(request):
            return Response([], status_code=401)
        person = fake.person
        mine = {"email": person.email, "primary": True, "verified": person.verified, "visibility": None}
        other = {"email": "spare@example.com", "primary": False, "verified": True, "visibility": None}
        return Response([other, *([mine] if person.email is not None else [])])

    @get("/o/oauth2/v2/auth")
    async def google_authorize(request: Request[Any, Any, Any]) -> Response[None]:
        return fake.authorize(dict(request.query_params), "openid email")

    @post("/token", status_code=200)
    async def google_token(request: Request[Any, Any, Any]) -> Response[dict[str, Any]]:
        token = fake.exchange(await form_of(request))
        if fake.broken is not None or token is None:
            return Response({"error": "invalid_grant"}, status_code=fake.broken or 400)
        return Response({"access_token": token, "token_type": "Bearer", "expires_in": 3599})

    @get("/v1/userinfo")
    async def google_user(request: Request[Any, Any, Any]) -> Response[dict[str, Any]]:
        if not fake.knows(request):
            return Response({}, status_code=401)
        person = fake.person
        return Response({"sub": str(person.id), "email": person.email, "email_verified": person.verified})

    @post("/_control", status_code=204)
    async def control(request: Request[Any, Any, Any]) -> None:
        told = await request.json()
        fake.denies = told.pop("denies", False)
        fake.person = Person(**told)

    handlers = [
        github_authorize,
        github_token,
        github_user,
        github_emails,
        google_authorize,
        google_token,
        google_user,
        control,
    ]
    return Litestar(handlers, openapi_config=None, logging_config=None)


@asynccontextmanager
async def playing() -> AsyncIterator[FakeOAuth]:
    """The server, on a port of its own."""
    fake = FakeOAuth()
    async with serve_http(create_app(fake), "127.0.0.1", 0, 1.0) as served:
        fake.url = f"http://127.0.0.1:{served.port}"
        yield fake
