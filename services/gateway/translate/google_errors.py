"""What an error of the Gemini API means, whole or in the middle of a stream."""

import re
from collections.abc import Mapping
from typing import Any

from services.gateway.domain.attempts import Failure
from services.gateway.translate.fields import Fields, raw, read_list, read_object, whole_text
from services.gateway.translate.openai_errors import retry_after

_MAX_ERROR = 64 << 10
_MAX_SENTENCE = 2000
_STATUSES = {
    "INVALID_ARGUMENT": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "RESOURCE_EXHAUSTED": 429,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}
_KEYS = re.compile(r"\b(AIza|AQ\.)[\w-]{6,}")
_PROJECTS = re.compile(r"(\bprojects?[ _]?(?:number|id)?[ :/=#'\"]+)[\w-]*\d[\w-]*", re.IGNORECASE)
_DELAY = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)s")
_BAD_KEY = ("api key not valid", "api key expired", "api key not found")
# Letters only. Google ends every message about a quota, short-lived ones too, with "check your plan and billing details".
_SPENT = re.compile(r"perday|daily|(?<!su)spend|billing(?!details)")
_TOO_LONG = "exceeds the maximum number of tokens"


def failure(status: int, headers: Mapping[str, str], content: bytes) -> Failure:
    """An error answer, with no key and no project number in its message."""
    error = _error(content)
    name = "" if error.text("status").isdecimal() else error.name("status")
    message = error.text("message")[:_MAX_SENTENCE] or f"Status {status}."
    given = error.value("details")
    details = [detail for detail in given if isinstance(detail, dict)] if isinstance(given, list) else []
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
    error = _error(content)
    for name in ("code", "status"):
        if (said := error.text(name)).isdecimal() and len(said) == 3 and 400 <= int(said) <= 599:
            return failure(int(said), {}, content)
    return failure(_STATUSES.get(error.text("status"), 500), {}, content)


def _error(content: bytes) -> Fields:
    """The error object, bare or in a list, or a text in its place; an empty one where there is none."""
    content = whole_text(content[:_MAX_ERROR])
    body = read_object(content)
    if body is None and (listed := read_list(content)):
        body = read_object(listed[0])
    if body is None:
        return Fields({})
    if (error := body.object("error")).values:
        return error
    return Fields({"message": raw(said)}) if (said := body.text("error")) else body


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
