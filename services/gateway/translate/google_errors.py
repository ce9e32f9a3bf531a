"""What an error of the Gemini API means, whole or in the middle of a stream."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from libs.common.contracts.base import UNREADABLE, decoder
from services.gateway.domain.attempts import Failure
from services.gateway.translate.openai_errors import retry_after

_MAX_ERROR = 64 << 10
_KEYS = re.compile(r"\b(AIza|AQ\.)[\w-]{6,}")
_PROJECTS = re.compile(r"(\bprojects?[ _]?(?:number|id)?[ :/=#'\"]+)[\w-]*\d[\w-]*", re.IGNORECASE)
_DELAY = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)s")
_BAD_KEY = ("api key not valid", "api key expired", "api key not found")
# Letters only. Google ends every message about a quota, short-lived ones too, with "check your plan and billing details".
_SPENT = re.compile(r"perday|daily|(?<!su)spend|billing(?!details)")
_TOO_LONG = "exceeds the maximum number of tokens"


class _Error(msgspec.Struct, frozen=True, kw_only=True):
    code: Any = None
    message: Any = None
    status: Any = None
    details: Any = None


class _Body(msgspec.Struct, frozen=True, kw_only=True):
    error: _Error = _Error()


def failure(status: int, headers: Mapping[str, str], content: bytes) -> Failure:
    """An error answer, with no key and no project number in its message."""
    error = _error(content[:_MAX_ERROR])
    name = error.status if isinstance(error.status, str) else ""
    message = error.message if isinstance(error.message, str) and error.message else f"Status {status}."
    details = (
        [detail for detail in error.details if isinstance(detail, dict)] if isinstance(error.details, list) else []
    )
    code = name.lower() or None
    if _bad_key(message, details):
        status, code = 401, "invalid_api_key"
    elif name == "RESOURCE_EXHAUSTED" or status == 429:
        status, code = (402, "insufficient_quota") if _spent(message, details) else (429, code)
    elif _TOO_LONG in message:
        status, code = 400, "context_length_exceeded"
    wait = _delay(details)
    return Failure(
        "status",
        _PROJECTS.sub(r"\1…", _KEYS.sub(r"\1…", message)),
        status=status,
        code=code,
        retry_after=wait if wait is not None else retry_after(headers),
    )


def inside(content: bytes) -> Failure:
    """An error object that came with a status of 200; its own code stands for the status."""
    code = _error(content[:_MAX_ERROR]).code
    return failure(code if isinstance(code, int) and 400 <= code <= 599 else 500, {}, content)


def _error(content: bytes) -> _Error:
    """The error object, bare or in a list; an empty one where there is none."""
    try:
        body: _Body | list[_Body] = decoder(_Body | list[_Body]).decode(content)
    except UNREADABLE:
        return _Error()
    if isinstance(body, list):
        return body[0].error if body else _Error()
    return body.error


def _bad_key(message: str, details: list[dict[str, Any]]) -> bool:
    said = message.lower()
    return any(detail.get("reason") == "API_KEY_INVALID" for detail in details) or any(
        text in said for text in _BAD_KEY
    )


def _spent(message: str, details: list[dict[str, Any]]) -> bool:
    """Whether it is a quota of the day or the account's money that is used up, which no short wait brings back."""
    violations = [detail.get("violations") for detail in details]
    said = f"{message} {violations}".lower()
    return _SPENT.search(re.sub(r"[^a-z]", "", said)) is not None


def _delay(details: list[dict[str, Any]]) -> float | None:
    for detail in details:
        found = _DELAY.fullmatch(str(detail.get("retryDelay")))
        if found is not None:
            return float(found[1])
    return None
