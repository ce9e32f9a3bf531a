"""Signing in through an identity provider, by redirects; no URL ever holds a token."""

from typing import Final, get_args

from litestar import Controller, Response, get, post
from litestar.datastructures import Cookie
from litestar.params import FromPath

from libs.common.errors import BadRequest, NotFound
from services.auth.accounts import schemas
from services.auth.accounts.http import signed_in
from services.auth.accounts.service import Accounts
from services.auth.domain.identities import IdentitySource
from services.auth.domain.links import Links
from services.auth.domain.one_time_tokens import STATE_LASTS
from services.auth.domain.permissions import PUBLIC, Action
from services.auth.http.dependencies import Injected, Params, Payload
from services.auth.http.guard import ApiRequest
from services.auth.sessions.oauth import OAuth
from services.auth.sessions.ports import Returned
from services.auth.sessions.schemas import CallbackQuery, ExchangeBody
from services.auth.sessions.service import Sessions

# Browsers take a cookie with this prefix only over https, for the whole host, and from no neighbouring one.
_PREFIX: Final = "__Host-"
_NAME: Final = "promptly_oauth"


class OAuthController(Controller):
    """/api/auth/oauth"""

    path = "/auth/oauth"

    @get("/{source:str}", needs=PUBLIC, status_code=302, fails=(502,))
    async def start(self, oauth: Injected[OAuth], links: Injected[Links], source: FromPath[str]) -> Response[None]:
        """Redirect the browser to the provider."""
        redirect = await oauth.start(_source(source))
        return _redirect(redirect.url, _cookie(links, redirect.cookie))

    @post("/{source:str}/link", needs=Action.OWN_ACCOUNT, status_code=200, fails=(502,))
    async def link(
        self, request: ApiRequest, oauth: Injected[OAuth], links: Injected[Links], source: FromPath[str]
    ) -> Response[schemas.Redirect]:
        """Begin to link an identity to the account that is signed in; the dashboard redirects the browser to `url`."""
        redirect = await oauth.start(_source(source), request.user)
        return Response(schemas.Redirect(url=redirect.url), cookies=[_cookie(links, redirect.cookie)])

    @get("/{source:str}/callback", needs=PUBLIC, status_code=302, fails=(401, 403, 409, 502, 503))
    async def callback(
        self,
        request: ApiRequest,
        params: Params[CallbackQuery],
        oauth: Injected[OAuth],
        links: Injected[Links],
        source: FromPath[str],
    ) -> Response[None]:
        """The provider's redirect back, which goes on to the dashboard."""
        if params.state is None:
            raise BadRequest("The state is missing.", param="state")
        cookie = request.cookies.get(_name(links), "")
        returned = None if params.code is None else Returned(code=params.code, issuer=params.iss)
        return _redirect(await oauth.finish(_source(source), returned, state=params.state, cookie=cookie))

    @post("/exchange", needs=PUBLIC, status_code=200, fails=(401, 403, 503))
    async def exchange(
        self,
        request: ApiRequest,
        payload: Payload[ExchangeBody],
        oauth: Injected[OAuth],
        links: Injected[Links],
        accounts: Injected[Accounts],
        sessions: Injected[Sessions],
    ) -> Response[schemas.SignedIn]:
        """Exchange the one-time code for a token."""
        user = await oauth.exchange(payload.code, request.cookies.get(_name(links), ""))
        return Response(await signed_in(user, accounts, sessions), cookies=[_cookie(links, "", seconds=0)])


def _source(text: str) -> IdentitySource:
    for source in get_args(IdentitySource):
        if source == text:
            known: IdentitySource = source
            return known
    raise NotFound("There is nobody of this name to sign in with: it is github, google or oidc.")


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
