"""An OpenID Connect provider: discovery, rotating keys, authorize, token. It checks what providers check.

Another process says at `/_control` who sits at the browser.
"""

import asyncio
import base64
import hashlib
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm
from litestar import Litestar, Request, Response, get, post

from libs.common.web import serve_http

CLIENT_ID, CLIENT_SECRET = "promptly-dashboard", "the+client&secret"
_RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)  # making one takes a while


@dataclass
class SigningKey:
    """A key pair; `listed`: its public half is in the JWKS document."""

    kid: str | None
    algorithm: str
    private: Any
    listed: bool = True

    @property
    def document(self) -> dict[str, Any]:
        """Its public half, as a JWKS document has it."""
        form = {"RS": RSAAlgorithm, "PS": RSAAlgorithm, "ES": ECAlgorithm, "Ed": OKPAlgorithm}[self.algorithm[:2]]
        public: dict[str, Any] = form.to_jwk(self.private.public_key(), as_dict=True)  # type: ignore[attr-defined]
        return {**public, "use": "sig", "alg": self.algorithm, **({} if self.kid is None else {"kid": self.kid})}


def rsa_key(kid: str | None, algorithm: str = "RS256", *, fresh: bool = False) -> SigningKey:
    """An RSA key; the same one each time, unless a fresh one is needed."""
    return SigningKey(kid, algorithm, rsa.generate_private_key(65537, 2048) if fresh else _RSA)


def ec_key(kid: str | None) -> SigningKey:
    return SigningKey(kid, "ES256", ec.generate_private_key(ec.SECP256R1()))


def ed_key(kid: str | None) -> SigningKey:
    return SigningKey(kid, "EdDSA", ed25519.Ed25519PrivateKey.generate())


@dataclass
class FakeIssuer:
    """What a test sets and sees. `claims` go over those of an ID token, None taking one away; `discovery` over the document's fields.
    `big` and `hangs` name documents that are too large, or never come; `signs_with` is an index into `keys`.
    """

    url: str = ""
    keys: list[SigningKey] = field(default_factory=lambda: [rsa_key("first")])
    signs_with: int = 0
    claims: dict[str, Any] = field(default_factory=dict)
    discovery: dict[str, Any] = field(default_factory=dict)
    big: set[str] = field(default_factory=set)
    hangs: set[str] = field(default_factory=set)
    status: int = 200
    answers_iss: str | None = None
    id_token: str | None = None
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    def reset(self) -> None:
        """As it began, but for its keys."""
        self.claims, self.discovery, self.big, self.hangs = {}, {}, set(), set()
        self.status, self.answers_iss, self.id_token = 200, None, None
        self.calls.clear()
        self.problems.clear()

    def rotate(self, key: SigningKey) -> None:
        """Sign with this key from now on; the others stay listed."""
        self.keys.append(key)
        self.signs_with = len(self.keys) - 1

    def token(self, key: SigningKey | None = None, **claims: Any) -> str:
        """A signed token, for an hour; a claim that is None is left out."""
        key, now = key or self.keys[self.signs_with], int(time.time())
        said = {"iss": self.url, "sub": "user-1", "aud": "promptly", "iat": now, "exp": now + 3600, **claims}
        return jwt.encode(
            {name: value for name, value in said.items() if value is not None},
            key.private,
            algorithm=key.algorithm,
            headers={} if key.kid is None else {"kid": key.kid},
        )

    def exchange(self, form: dict[str, str], basic: str) -> str | None:
        """An ID token, or None and a note of what was wrong."""
        begun = self.codes.pop(form.get("code", ""), None)
        if begun is None:
            self.problems.append("token: unknown or used code")
            return None
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=")
        given = [unquote(part) for part in base64.b64decode(basic.removeprefix("Basic ")).decode().split(":")]
        checks = {
            "verifier": challenge.decode() == begun["code_challenge"] and 43 <= len(form["code_verifier"]) <= 128,
            "redirect_uri": form.get("redirect_uri") == begun["redirect_uri"],
            "client": given == [CLIENT_ID, CLIENT_SECRET],
            "grant_type": form.get("grant_type") == "authorization_code",
        }
        self.problems += [f"token: {name}" for name, fine in checks.items() if not fine]
        if not all(checks.values()):
            return None
        said = {"aud": CLIENT_ID, "nonce": begun["nonce"], "email_verified": True, "groups": [], **self.claims}
        return self.id_token or self.token(**said)

    async def document(self, name: str, body: Any) -> Response[bytes]:
        self.calls.append(name)
        if name in self.hangs:
            await self.ended.wait()
        content = msgspec.json.encode(body) + b" " * (1 << 20 if name in self.big else 0)
        return Response(content, status_code=self.status, media_type="application/json")


def create_app(fake: FakeIssuer) -> Litestar:
    """The server's routes."""

    @get("/.well-known/openid-configuration")
    async def discovery() -> Response[bytes]:
        body = {
            "issuer": fake.url,
            "authorization_endpoint": f"{fake.url}/authorize",
            "token_endpoint": f"{fake.url}/token",
            "jwks_uri": f"{fake.url}/jwks",
            "response_types_supported": ["code"],
            **fake.discovery,
        }
        return await fake.document("discovery", body)

    @get("/jwks")
    async def jwks() -> Response[bytes]:
        encryption = {"kty": "RSA", "use": "enc", "kid": "enc", "n": "AQAB", "e": "AQAB"}
        listed = [key.document for key in fake.keys if key.listed]
        return await fake.document("jwks", {"keys": [encryption, {"kty": "future"}, *listed]})

    @get("/authorize")
    async def authorize(request: Request[Any, Any, Any]) -> Response[None]:
        query = dict(request.query_params)
        wanted = {"response_type": "code", "client_id": CLIENT_ID, "code_challenge_method": "S256"}
        fake.problems += [f"authorize: {name}" for name, value in wanted.items() if query.get(name) != value]
        code = secrets.token_urlsafe(16)
        fake.codes[code] = query
        answer = {"state": query["state"], "code": code}
        if fake.answers_iss is not None:
            answer["iss"] = fake.answers_iss
        return Response(None, status_code=302, headers={"Location": f"{query['redirect_uri']}?{urlencode(answer)}"})

    @post("/token", status_code=200)
    async def token(request: Request[Any, Any, Any]) -> Response[bytes]:
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        made = fake.exchange(form, request.headers.get("authorization", ""))
        if made is None:
            return Response(b'{"error": "invalid_grant"}', status_code=400, media_type="application/json")
        return await fake.document("token", {"access_token": "opaque", "token_type": "Bearer", "id_token": made})

    @post("/_control", status_code=204)
    async def control(request: Request[Any, Any, Any]) -> None:
        fake.claims = await request.json()

    return Litestar([discovery, jwks, authorize, token, control], openapi_config=None, logging_config=None)


@asynccontextmanager
async def playing() -> AsyncIterator[FakeIssuer]:
    """The server, on a port of its own."""
    fake = FakeIssuer()
    async with serve_http(create_app(fake), "127.0.0.1", 0, 1.0) as served:
        fake.url = f"http://127.0.0.1:{served.port}"
        yield fake
        fake.ended.set()
