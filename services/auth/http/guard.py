"""The guard of all routes: each names the action that it needs, and the caller's role has to allow it."""

from typing import Any

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.types import Guard

from libs.common.errors import Unauthorized
from services.auth.domain import permissions
from services.auth.domain.accounts import Caller
from services.auth.domain.permissions import PUBLIC, Action, Public
from services.auth.keys.control_keys import ControlKeys
from services.auth.sessions.service import Sessions

ApiRequest = Request[Caller, Any, Any]


def guard(sessions: Sessions, control_keys: ControlKeys) -> Guard:
    """A guard that puts the `Caller` into `request.user`; a route without `needs` is closed to everybody."""

    async def check(connection: ASGIConnection[Any, Any, Any, Any], route: BaseRouteHandler) -> None:
        needs: Action | Public | None = route.opt.get("needs")
        if needs is PUBLIC:
            return
        scheme, _, token = connection.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token or needs is None:
            raise Unauthorized("Sign in, and send the token as: Authorization: Bearer <token>.", code="invalid_token")
        caller = await sessions.caller(token.strip())
        permissions.require(caller.role, needs)
        permissions.require_scope(caller, needs)
        if caller.control_key_id is not None and needs is not Action.READ:
            await control_keys.record_use(caller, str(connection.scope.get("method", "")), connection.url.path)
        connection.scope["user"] = caller

    return check


def address_of(request: Request[Any, Any, Any]) -> str:
    """The client's address, as far as our own proxy vouches for it."""
    return request.client.host if request.client is not None else ""
