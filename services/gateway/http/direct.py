"""The busiest routes, without the framework's way to them: it looks for a route, for parameters and for a form of the answer, which all
are known here. The routes stay registered with it, and it answers for their other methods.
"""

from typing import Any, Final

from litestar import Litestar, Request
from litestar.enums import ScopeType
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute
from litestar.types import ASGIApp, Receive, Scope, Send

from libs.common.errors import PromptlyError

DIRECT: Final = "direct"  # the mark of such a route: a POST whose handler takes the request and the state, and gives an ASGI application
_KINDS: Final = (PromptlyError, HTTPException, Exception)


def direct(web: Litestar) -> ASGIApp:
    """The application, entered by a shorter way where a route is marked."""
    marked = {route.path: handler for route in web.routes if (handler := _marked(route)) is not None}

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        handler = marked.get(scope["path"]) if scope["type"] == ScopeType.HTTP and scope["method"] == "POST" else None
        if handler is None:
            await web(scope, receive, send)
            return
        scope["litestar_app"], scope["route_handler"] = web, handler
        request = Request[Any, Any, Any](scope, receive, send)
        try:
            answer: ASGIApp = await handler.fn(request, web.state)
        except Exception as error:
            answer = _failed(handler, request, error)
        await answer(scope, receive, send)

    return serve


def _marked(route: object) -> HTTPRouteHandler | None:
    if not isinstance(route, HTTPRoute) or "POST" not in route.route_handler_map:
        return None
    handler = route.route_handler_map["POST"][0]
    return handler if handler.opt.get(DIRECT) else None


def _failed(handler: HTTPRouteHandler, request: Request[Any, Any, Any], error: Exception) -> ASGIApp:
    """The error in the route's own format."""
    handlers = handler.resolve_exception_handlers()
    kind = next(kind for kind in _KINDS if isinstance(error, kind))
    response: Any = handlers[kind](request, error)
    made: ASGIApp = response.to_asgi_response(app=None, request=request)
    return made
