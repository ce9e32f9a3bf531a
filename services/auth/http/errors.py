"""Errors as the dashboard's API words them: `{"detail": …}`, and `errors` beside it where fields are to blame."""

from typing import Any, Final

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException
from msgspec import UNSET, UnsetType

from libs.common.errors import FieldError, PromptlyError
from libs.common.http_errors import log_unexpected, retry_headers

log = structlog.get_logger()

_SENTENCES: Final = {
    404: "There is nothing at this address.",
    405: "This address does not take that method.",
    413: "The body is too large.",
}


class Error(msgspec.Struct, frozen=True, kw_only=True):
    """A sentence for the client; `errors` where fields are to blame."""

    detail: str
    errors: tuple[FieldError, ...] | UnsetType = UNSET


def promptly_error(_: Request[Any, Any, Any], error: PromptlyError) -> Response[Error]:
    """One of our own errors."""
    errors = error.details.errors
    if not errors and error.details.param is not None:
        errors = (FieldError(error.details.param, error.message),)
    body = Error(detail=error.message, errors=errors or UNSET)
    headers = retry_headers(error)
    if error.status == 401:
        headers["www-authenticate"] = "Bearer"
    return Response(body, status_code=error.status, headers=headers)


def http_error(_: Request[Any, Any, Any], error: HTTPException) -> Response[Error]:
    """An error of the framework's: an unknown route, a wrong method, a body too large."""
    status = error.status_code
    if status >= 500:
        log.error("request_failed", error_type=type(error).__name__)
    sentence = _SENTENCES.get(status, "This request cannot be served.")
    return Response(Error(detail=sentence), status_code=status, headers=error.headers)


def unexpected(_: Request[Any, Any, Any], error: Exception) -> Response[Error]:
    """A fault of ours. Its text may quote what the caller sent, so only its type and place are written down."""
    log_unexpected(error)
    return Response(Error(detail="Something went wrong on our side."), status_code=500)
