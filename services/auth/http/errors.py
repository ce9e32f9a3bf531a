"""Errors as the dashboard's API words them: `{"detail": …}`, and `errors` beside it where fields are to blame."""

from typing import Any, Final

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException

from libs.common.errors import FieldError, PromptlyError
from libs.common.http_errors import log_unexpected, retry_headers

log = structlog.get_logger()

_SENTENCES: Final = {
    404: "There is nothing at this address.",
    405: "This address does not take that method.",
    413: "The body is too large.",
}


def promptly_error(_: Request[Any, Any, Any], error: PromptlyError) -> Response[dict[str, Any]]:
    """An error that somebody raised on purpose."""
    body: dict[str, Any] = {"detail": error.message}
    errors = error.details.errors
    if not errors and error.details.param is not None:
        errors = (FieldError(error.details.param, error.message),)
    if errors:
        body["errors"] = [msgspec.to_builtins(blamed) for blamed in errors]
    headers = retry_headers(error)
    if error.status == 401:
        headers["www-authenticate"] = "Bearer"
    return Response(body, status_code=error.status, headers=headers)


def http_error(_: Request[Any, Any, Any], error: HTTPException) -> Response[dict[str, Any]]:
    """An error of the framework's: an unknown route, a wrong method, a body too large."""
    status = error.status_code
    if status >= 500:
        log.error("request_failed", error_type=type(error).__name__)
    sentence = _SENTENCES.get(status, "This request cannot be served.")
    return Response({"detail": sentence}, status_code=status, headers=error.headers)


def unexpected(_: Request[Any, Any, Any], error: Exception) -> Response[dict[str, Any]]:
    """A mistake of ours. Its text may quote what the caller sent, so only its type and place are written down."""
    log_unexpected(error)
    return Response({"detail": "Something went wrong on our side."}, status_code=500)
