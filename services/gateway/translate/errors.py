"""Errors on the wire: the documented `detail`, and beside it the object that OpenAI's SDKs read."""

import math
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
    param = error.details.get("param")
    return body(error.message, status(error), error.code, param if isinstance(param, str) else None)


def status(error: PromptlyError) -> int:
    """Its status; a provider's own 400 or 422 keeps its number."""
    own = error.details.get("status")
    return own if isinstance(own, int) else error.status


def headers(error: PromptlyError) -> dict[str, str]:
    """What a client should know before it tries again: how long to wait, and whether it would pay twice."""
    found = {}
    if (wait := error.details.get("retry_after")) is not None:
        found["retry-after"] = str(max(1, math.ceil(wait)))
        if wait != int(wait):
            found["retry-after-ms"] = str(math.ceil(wait * 1000))
    elif error.status == 503:
        found["retry-after"] = "1"
    if error.details.get("should_retry") is False:
        found["x-should-retry"] = "false"
    return found
