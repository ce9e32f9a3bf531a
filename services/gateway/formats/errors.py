"""Errors in each client format: one table, and the shape of each format."""

import math
import re
from typing import Any, Literal

import msgspec

from libs.common.errors import PromptlyError
from services.gateway.domain.attempts import Failure
from services.gateway.translate import errors as openai_errors

Kind = Literal[
    "invalid",
    "context",
    "key",
    "budget",
    "forbidden",
    "not_found",
    "size",
    "rate",
    "internal",
    "upstream",
    "unavailable",
    "timeout",
]


class Row(msgspec.Struct, frozen=True):
    """One kind of error: its status where none is given, and its name in each format. `code` None: the error's own."""

    status: int
    anthropic: str
    code: str | None
    google: str


TABLE: dict[str, Row] = {
    "invalid": Row(400, "invalid_request_error", None, "INVALID_ARGUMENT"),
    "context": Row(400, "invalid_request_error", "context_length_exceeded", "INVALID_ARGUMENT"),
    "key": Row(401, "authentication_error", "invalid_api_key", "UNAUTHENTICATED"),
    "budget": Row(402, "billing_error", "insufficient_quota", "RESOURCE_EXHAUSTED"),
    "forbidden": Row(403, "permission_error", None, "PERMISSION_DENIED"),
    "not_found": Row(404, "not_found_error", None, "NOT_FOUND"),
    "size": Row(413, "request_too_large", None, "INVALID_ARGUMENT"),
    "rate": Row(429, "rate_limit_error", "rate_limit_exceeded", "RESOURCE_EXHAUSTED"),
    "internal": Row(500, "api_error", "server_error", "INTERNAL"),
    "upstream": Row(502, "api_error", "server_error", "UNAVAILABLE"),
    "unavailable": Row(503, "overloaded_error", "server_error", "UNAVAILABLE"),
    "timeout": Row(504, "timeout_error", "server_error", "DEADLINE_EXCEEDED"),
}
_BY_STATUS: dict[int, Kind] = {
    401: "key",
    402: "budget",
    403: "forbidden",
    404: "not_found",
    408: "timeout",
    413: "size",
    429: "rate",
    500: "internal",
    502: "upstream",
    503: "unavailable",
    504: "timeout",
    529: "unavailable",
}
_TOO_LONG = "prompt is too long"
_WAIT = re.compile(r"try again in \d", re.IGNORECASE)


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """An error for a client. `retry_after` is in seconds; `should_retry` False: it was paid for, and would be again."""

    kind: Kind
    message: str
    status: int
    code: str
    param: str | None = None
    retry_after: float | None = None
    should_retry: bool | None = None


class Rendered(msgspec.Struct, frozen=True):
    """An error answer."""

    status: int
    headers: dict[str, str]
    body: bytes


def problem(
    message: str,
    *,
    status: int,
    code: str,
    param: str | None = None,
    retry_after: float | None = None,
    should_retry: bool | None = None,
) -> Problem:
    """An error by its status and its code, as every error of Promptly's has them."""
    kind: Kind = "context" if code == "context_length_exceeded" else _BY_STATUS.get(status, _rough(status))
    if kind == "rate" and code == "insufficient_quota":
        kind = "budget"
    return Problem(
        kind=kind,
        message=message,
        status=status,
        code=code,
        param=param,
        retry_after=retry_after,
        should_retry=should_retry,
    )


def problem_of(error: PromptlyError) -> Problem:
    """An error of this gateway's own."""
    details = error.details
    wait = 1.0 if details.retry_after is None and error.status == 503 else details.retry_after
    return problem(
        error.message,
        status=error.status,
        code=error.code,
        param=details.param,
        retry_after=wait,
        should_retry=details.should_retry,
    )


def in_stream(failure: Failure) -> Problem:
    """A provider's failure in the middle of an answer, in words that name neither keys nor accounts."""
    status = failure.status or (504 if failure.kind == "timeout" else 502)
    status = 502 if status in (401, 403) else status
    message = failure.message if failure.kind == "status" and status not in (402, 502) else _SENTENCES.get(failure.kind)
    code = failure.code or f"upstream_{failure.kind}"
    return problem(
        message or "The provider failed while it answered.", status=status, code=code, retry_after=failure.retry_after
    )


_SENTENCES = {
    "connect": "The provider could not be reached.",
    "timeout": "The provider did not answer in time.",
    "malformed": "The provider sent something that is no part of an answer.",
    "truncated": "The provider broke off in the middle of its answer.",
}


def anthropic(found: Problem, request_id: str) -> Rendered:
    """The error as Anthropic's clients read it."""
    return Rendered(found.status, _headers(found, {"request-id": request_id}), anthropic_body(found, request_id))


def anthropic_body(found: Problem, request_id: str) -> bytes:
    """Anthropic's error object."""
    message = found.message
    if found.kind == "context" and not message.startswith(_TOO_LONG):
        message = f"{_TOO_LONG}: {message}"
    error = {"type": TABLE[found.kind].anthropic, "message": message}
    return msgspec.json.encode({"type": "error", "error": error, "request_id": request_id})


def openai(found: Problem) -> Rendered:
    """The error as OpenAI's clients read it."""
    code, message = openai_error(found)
    body = openai_errors.body(message, found.status, code, found.param)
    return Rendered(found.status, _headers(found, {}), msgspec.json.encode(body))


def openai_error(found: Problem) -> tuple[str, str]:
    """OpenAI's code and message: clients read from the message how long to wait."""
    message, row = found.message, TABLE[found.kind]
    if found.kind == "rate" and found.retry_after is not None and not _WAIT.search(message):
        message = f"{message} Please try again in {max(1, math.ceil(found.retry_after))}s."
    if found.kind == "not_found" and found.code == "not_found":
        return "model_not_found", message
    return row.code or found.code, message


def google(found: Problem) -> Rendered:
    """The error as Google's clients read it."""
    return Rendered(found.status, _headers(found, {}), google_body(found))


def google_body(found: Problem) -> bytes:
    """Google's error object."""
    details: list[dict[str, Any]] = []
    if found.retry_after is not None:
        delay = f"{max(1, math.ceil(found.retry_after))}s"
        details.append({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay})
    error: dict[str, Any] = {"code": found.status, "message": found.message, "status": TABLE[found.kind].google}
    return msgspec.json.encode({"error": {**error, "details": details} if details else error})


def _headers(found: Problem, headers: dict[str, str]) -> dict[str, str]:
    more = {"content-type": "application/json"}
    if found.retry_after is not None:
        more["retry-after"] = str(max(1, math.ceil(found.retry_after)))
    if found.should_retry is False:
        more["x-should-retry"] = "false"
    return {**more, **headers}


def _rough(status: int) -> Kind:
    return "invalid" if status < 500 else "internal"
