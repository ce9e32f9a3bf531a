"""Errors at the web door: every one of them in the documented shape, and none with more than its sentence."""

from typing import Any

from litestar import Request, Response
from litestar.exceptions import HTTPException

from libs.common.errors import PromptlyError
from libs.common.http_errors import log_unexpected, retry_headers
from services.gateway.http.edge import ticket
from services.gateway.translate import errors

_CODES = {404: "not_found", 405: "method_not_allowed", 413: "payload_too_large"}
SENTENCES = {
    404: "There is nothing at this address.",
    405: "This address does not take that method.",
    413: "The body is larger than this gateway takes.",
}


def promptly_error(request: Request[Any, Any, Any], error: PromptlyError) -> Response[dict[str, Any]]:
    """One of ours."""
    ticket(request.scope).headers.update(retry_headers(error))
    return Response(errors.error_body(error), status_code=error.status)


def http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[dict[str, Any]]:
    """One of the framework's: unknown routes, wrong methods, bodies over the limit."""
    status = error.status_code
    sentence = SENTENCES.get(status, "The request cannot be read." if status < 500 else "Something went wrong.")
    return Response(errors.body(sentence, status, _CODES.get(status, "invalid_request")), status_code=status)


def unexpected_error(request: Request[Any, Any, Any], error: Exception) -> Response[dict[str, Any]]:
    """A fault of ours: the log gets its type and place, the client the request's id."""
    log_unexpected(error)
    sentence = f"Something went wrong on our side; request {ticket(request.scope).request_id}."
    return Response(errors.body(sentence, 500, "internal_error"), status_code=500)


HANDLERS = {PromptlyError: promptly_error, HTTPException: http_error, Exception: unexpected_error}
