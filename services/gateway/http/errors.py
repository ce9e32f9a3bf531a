"""Errors over HTTP: every one of them in the format of its endpoint, and none with more than its sentence."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from litestar import Request, Response
from litestar.exceptions import HTTPException

from libs.common.errors import Internal, PromptlyError
from libs.common.http_errors import log_unexpected
from services.gateway.endpoints.anthropic_messages import ANTHROPIC_MESSAGES
from services.gateway.endpoints.base import ErrorResponse
from services.gateway.endpoints.google_generate import GOOGLE_GENERATE
from services.gateway.endpoints.openai_chat import OPENAI_CHAT
from services.gateway.endpoints.openai_responses import OPENAI_RESPONSES
from services.gateway.http.middleware import request_scope

Render = Callable[[PromptlyError, str], ErrorResponse]
Handlers = dict[int | type[Exception], Callable[[Request[Any, Any, Any], Any], Response[Any]]]
# Of a route whose method is there to be refused in other words than the framework's.
REFUSES: Final = "refuses"
_CODES = {404: "not_found", 405: "method_not_allowed", 413: "payload_too_large"}
_SENTENCES = {
    404: "There is nothing at this address.",
    405: "This address does not take that method.",
    413: "The body is larger than this gateway takes.",
}


def handlers(render: Render) -> Handlers:
    """The exception handlers of routes whose errors `render` writes."""

    def respond(request: Request[Any, Any, Any], error: PromptlyError) -> Response[bytes]:
        own = request_scope(request.scope)
        own.error_code = error.code
        made = render(error, own.request_id)
        own.headers.update(made.headers)
        return Response(made.body, status_code=made.status, media_type=made.media_type)

    def http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
        """One of the framework's: unknown routes, wrong methods, bodies over the limit."""
        status = error.status_code
        other = "The request cannot be read." if status < 500 else "Something went wrong."
        own = PromptlyError(_SENTENCES.get(status, other), code=_CODES.get(status, "invalid_request"))
        own.status = status
        answer = respond(request, own)
        answer.headers.update(error.headers or {})
        if "allow" in answer.headers:
            answer.headers["allow"] = _taken(request, answer.headers["allow"])
        return answer

    def unexpected_error(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
        """A fault of ours: the log gets its type and place, the client the request's id."""
        log_unexpected(error)
        request_id = request_scope(request.scope).request_id
        return respond(request, Internal(f"Something went wrong on our side; request {request_id}."))

    return {PromptlyError: respond, HTTPException: http_error, Exception: unexpected_error}


def _taken(request: Request[Any, Any, Any], methods: str) -> str:
    """What an address allows, without a method that it only refuses."""
    own = request.app.route_handler_method_map.get(request.scope["path"].rstrip("/"), {})
    refused = {method for method, handler in own.items() if handler.opt.get(REFUSES)}
    return ", ".join(method for method in methods.split(", ") if method not in refused)


def by_address(render: Render, others: Mapping[str, Render]) -> Handlers:
    """The same for all routes, and for what is none: `others` render for addresses that begin with their names."""
    made = {name: handlers(one) for name, one in others.items()}
    default = handlers(render)

    def respond(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
        path = request.scope["path"]
        chosen = next((one for name, one in made.items() if path == name or path.startswith(f"{name}/")), default)
        if chosen is default:  # the clients of all three list models at the same address
            headers = request_scope(request.scope).incoming
            chosen = next((made[others] for name, others in _BY_HEADER.items() if name in headers), default)
        kind = next(kind for kind in (PromptlyError, HTTPException, Exception) if isinstance(error, kind))
        return chosen[kind](request, error)

    return {PromptlyError: respond, HTTPException: respond, Exception: respond}


_BY_HEADER: Mapping[str, str] = {"anthropic-version": "/v1/messages", "x-goog-api-key": "/v1beta"}
HANDLERS = by_address(
    OPENAI_CHAT.error,
    {
        "/v1/messages": ANTHROPIC_MESSAGES.error,
        "/v1/responses": OPENAI_RESPONSES.error,
        "/v1beta": GOOGLE_GENERATE.error,
        "/models": GOOGLE_GENERATE.error,
    },
)
