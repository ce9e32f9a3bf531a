"""GitHub and Google, as far as signing in needs them."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final
from urllib.parse import urlencode

import httpx
import msgspec

from libs.common.errors import BadRequest, Forbidden, UpstreamFailed
from services.auth.accounts.domain.credentials import normalise_email
from services.auth.domain.identities import Identity
from services.auth.sessions.ports import Returned

TIMEOUT: Final = httpx.Timeout(10.0, connect=5.0)


class _Token(msgspec.Struct, frozen=True, kw_only=True):
    access_token: str


class _GitHubUser(msgspec.Struct, frozen=True, kw_only=True):
    id: int


class _GitHubEmail(msgspec.Struct, frozen=True, kw_only=True):
    email: str
    verified: bool = False
    primary: bool = False


class _GoogleUser(msgspec.Struct, frozen=True, kw_only=True):
    sub: str
    email: str | None = None
    email_verified: bool = False


class _Client:
    """What the two have in common: the authorization code grant with PKCE (RFC 7636). Who signed in is asked for over a connection of our
    own, so that the nonce of an ID token is not needed.
    """

    title: str
    scope: str
    extra: ClassVar[Mapping[str, str]] = {}

    def __init__(self, http: httpx.AsyncClient, *, client_id: str, secret: str, authorize: str, token: str) -> None:
        self._http = http
        self._client_id = client_id
        self._secret = secret
        self._authorize = authorize
        self._token = token

    async def address(self, state: str, challenge: str, redirect_uri: str, nonce: str) -> str:
        query = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": redirect_uri,
            "scope": self.scope,
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            **self.extra,
        }
        return f"{self._authorize}?{urlencode(query)}"

    async def _access_token(self, code: str, verifier: str, redirect_uri: str) -> str:
        form = {
            "grant_type": "authorization_code",
            "client_id": self._client_id,
            "client_secret": self._secret,
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        token: _Token = await self._request("POST", self._token, _Token, data=form)
        return token.access_token

    async def _get(self, url: str, kind: Any, token: str) -> Any:
        return await self._request("GET", url, kind, headers={"Authorization": f"Bearer {token}"})

    async def _request(self, method: str, url: str, kind: Any, **how: Any) -> Any:
        headers = {"Accept": "application/json", "User-Agent": "Promptly", **how.pop("headers", {})}
        try:
            answer = await self._http.request(method, url, headers=headers, **how)
        except httpx.HTTPError:
            raise UpstreamFailed(f"{self.title} cannot be reached right now; try again in a moment.") from None
        try:
            if not answer.is_success:
                raise ValueError
            return msgspec.json.decode(answer.content, type=kind)
        except ValueError:
            # GitHub answers 200 to a code that it refuses, with an object that holds no token.
            raise UpstreamFailed(f"{self.title} did not confirm this sign-in; begin again.") from None

    def _email(self, text: str | None) -> str:
        try:
            return normalise_email(text or "")
        except BadRequest:
            raise Forbidden(
                f"{self.title} knows no verified e-mail address of yours; verify one there first.",
                code="email_not_verified",
            ) from None


class GitHub(_Client):
    """Implements `ports.IdentityProvider`. `api` is the base of its API."""

    title = "GitHub"
    scope = "read:user user:email"

    def __init__(self, http: httpx.AsyncClient, *, api: str, **how: str) -> None:
        super().__init__(http, **how)
        self._api = api

    async def identity(self, returned: Returned, verifier: str, redirect_uri: str, nonce: str) -> Identity:
        token = await self._access_token(returned.code, verifier, redirect_uri)
        user: _GitHubUser = await self._get(f"{self._api}/user", _GitHubUser, token)
        emails: list[_GitHubEmail] = await self._get(f"{self._api}/user/emails", list[_GitHubEmail], token)
        verified = next((known.email for known in emails if known.primary and known.verified), None)
        return Identity(source="github", subject=str(user.id), email=self._email(verified))


class Google(_Client):
    """Implements `ports.IdentityProvider`."""

    title = "Google"
    scope = "openid email"
    extra: ClassVar[Mapping[str, str]] = {"prompt": "select_account"}

    def __init__(self, http: httpx.AsyncClient, *, userinfo: str, **how: str) -> None:
        super().__init__(http, **how)
        self._userinfo = userinfo

    async def identity(self, returned: Returned, verifier: str, redirect_uri: str, nonce: str) -> Identity:
        token = await self._access_token(returned.code, verifier, redirect_uri)
        user: _GoogleUser = await self._get(self._userinfo, _GoogleUser, token)
        return Identity(
            source="google", subject=user.sub, email=self._email(user.email if user.email_verified else None)
        )
