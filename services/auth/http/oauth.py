"""Signing in through GitHub or Google. The browser is led there and back; no token ever stands in an address."""

from typing import Annotated, Any, Final, get_args

import msgspec
from litestar import Controller, Response, get, post
from litestar.datastructures import Cookie
from litestar.params import FromPath

from libs.common.errors import BadRequest, NotFound
from services.auth.accounts import Accounts
from services.auth.domain.identities import IdentitySource
from services.auth.domain.links import Links
from services.auth.domain.permissions import Action
from services.auth.domain.tickets import STATE_LASTS
from services.auth.http.accounts import Secret, signed_in
from services.auth.http.body import query, read
from services.auth.http.given import Given
from services.auth.http.guard import ApiRequest
from services.auth.oauth import OAuth
from services.auth.sessions import Sessions

# Browsers take a cookie with this prefix only over https, for the whole host, and from no neighbouring one.
_PREFIX: Final = "__Host-"
_NAME: Final = "promptly_oauth"


class CallbackQuery(msgspec.Struct, frozen=True, kw_only=True):
    """What the other provider sends along; it adds fields of its own. Both together fit into an address, however encoded."""

    state: Annotated[str, msgspec.Meta(max_length=2048)] | None = None
    code: Annotated[str, msgspec.Meta(max_length=2048)] | None = None


class ExchangeBody(msgspec.Struct, frozen=True, kw_only=True):
    """The one-time code from the dashboard's address."""

    code: Secret


class OAuthController(Controller):
    """/api/auth/oauth"""

    path = "/auth/oauth"

    @get("/{source:str}", needs=Action.PUBLIC)
    async def start(self, oauth: Given[OAuth], links: Given[Links], source: FromPath[str]) -> Response[None]:
        """Lead the browser to the other provider."""
        leaving = oauth.start(_source(source))
        return _redirect(leaving.url, _cookie(links, leaving.cookie))

    @post("/{source:str}/link", needs=Action.READ, status_code=200)
    async def link(
        self, request: ApiRequest, oauth: Given[OAuth], links: Given[Links], source: FromPath[str]
    ) -> Response[dict[str, Any]]:
        """Begin to link an identity to the account that is signed in; the dashboard leads the browser to `url`."""
        leaving = oauth.start(_source(source), request.user)
        return Response({"url": leaving.url}, cookies=[_cookie(links, leaving.cookie)])

    @get("/{source:str}/callback", needs=Action.PUBLIC)
    async def callback(
        self, request: ApiRequest, oauth: Given[OAuth], links: Given[Links], source: FromPath[str]
    ) -> Response[None]:
        """Come back from the other provider, and go on to the dashboard."""
        asked = query(request, CallbackQuery)
        if asked.state is None:
            raise BadRequest("The state is missing.", param="state")
        cookie = request.cookies.get(_name(links), "")
        return _redirect(await oauth.finish(_source(source), code=asked.code, state=asked.state, cookie=cookie))

    @post("/exchange", needs=Action.PUBLIC, status_code=200)
    async def exchange(
        self,
        request: ApiRequest,
        oauth: Given[OAuth],
        links: Given[Links],
        accounts: Given[Accounts],
        sessions: Given[Sessions],
    ) -> Response[dict[str, Any]]:
        """Exchange the one-time code for a token."""
        body = await read(request, ExchangeBody)
        user = await oauth.exchange(body.code, request.cookies.get(_name(links), ""))
        return Response(await signed_in(user, accounts, sessions), cookies=[_cookie(links, "", seconds=0)])


def _source(text: str) -> IdentitySource:
    for source in get_args(IdentitySource):
        if source == text:
            known: IdentitySource = source
            return known
    raise NotFound("There is nobody of this name to sign in with: it is github or google.")


def _name(links: Links) -> str:
    return _PREFIX + _NAME if links.https else _NAME


def _cookie(links: Links, value: str, seconds: int = int(STATE_LASTS.total_seconds()) + 60) -> Cookie:
    return Cookie(
        key=_name(links),
        value=value,
        path="/",
        max_age=seconds,
        httponly=True,
        secure=links.https,
        samesite="lax",
    )


def _redirect(url: str, cookie: Cookie | None = None) -> Response[None]:
    return Response(None, status_code=302, headers={"Location": url}, cookies=[cookie] if cookie is not None else [])
