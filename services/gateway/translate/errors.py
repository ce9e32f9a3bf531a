"""Errors on the wire: the documented `detail`, and beside it the object that OpenAI's SDKs read."""

from typing import Any

from libs.common.errors import PromptlyError

_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "insufficient_quota",
    403: "permission_error",
    404: "invalid_request_error",
    405: "invalid_request_error",
    409: "invalid_request_error",
    408: "invalid_request_error",
    413: "invalid_request_error",
    415: "invalid_request_error",
    422: "invalid_request_error",
    429: "rate_limit_error",
    502: "upstream_error",
    503: "service_unavailable_error",
}


def body(message: str, status: int, code: str, param: str | None = None) -> dict[str, Any]:
    """The error body of `/v1`."""
    kind = _TYPES.get(status, "server_error")
    return {"detail": message, "error": {"message": message, "type": kind, "code": code, "param": param}}


def error_body(error: PromptlyError) -> dict[str, Any]:
    """The body of one of our errors."""
    return body(error.message, error.status, error.code, error.details.param)
