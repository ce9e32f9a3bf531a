"""What an error of OpenAI's API means, and of every server that speaks its format."""

import math
import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from services.gateway.domain.attempts import Failure
from services.gateway.translate.fields import MAX_NAME, Fields, raw, read_list, read_object, whole_text

_MAX_ERROR = 64 << 10
_MAX_SENTENCE = 2000
_MOST_DETAILS = 16
_LONGEST_WAIT = 86_400.0
_STATUSES = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "insufficient_quota": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
}
_SECRETS = re.compile(r"\b(sk|rk|org|proj)-[A-Za-z0-9_*.-]{6,}")
_SPENT = ("insufficient_quota", "billing_hard_limit_reached", "billing_not_active")


def failure(status: int, headers: Mapping[str, str], content: bytes) -> Failure:
    """The provider's error, with no more of it than a message without secrets, a code and a parameter."""
    error = _error(content)
    code, param = error.text("code")[:MAX_NAME], error.text("param")[:MAX_NAME]
    if code.isdecimal():
        code = ""
    if code in _SPENT or error.text("type") in _SPENT or status == 402:
        status, code = 402, "insufficient_quota"
    return Failure(
        "status",
        _SECRETS.sub(r"\1-…", _sentence(error)) or f"Status {status}.",
        status=status,
        code=code or None,
        param=param or None,
        retry_after=retry_after(headers),
    )


def inside(content: bytes) -> Failure:
    """An error object that came with a status of 200; its own code, where it is one, stands for the status."""
    error = _error(content)
    for name in ("code", "status", "status_code"):
        if (said := error.text(name)).isdecimal() and len(said) == 3 and 400 <= int(said) <= 599:
            return failure(int(said), {}, content)
    return failure(_STATUSES.get(error.text("type"), _STATUSES.get(error.text("code"), 500)), {}, content)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds; None where the provider names none. A date counts from the answer's own, so that no clock is needed."""
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        try:
            wait = float(headers[name]) / unit
        except (KeyError, ValueError):
            continue
        return min(wait, _LONGEST_WAIT) if math.isfinite(wait) and wait >= 0 else None
    try:
        until, now = (parsedate_to_datetime(headers[name]) for name in ("retry-after", "date"))
        return min(max(0.0, (until - now).total_seconds()), _LONGEST_WAIT)
    except (KeyError, ValueError, TypeError):
        return None


def _error(content: bytes) -> Fields:
    """The error object, bare, under `error`, as a text there, or as the first of a list."""
    content = whole_text(content[:_MAX_ERROR])
    found = read_object(content)
    if found is None and (listed := read_list(content)):
        found = read_object(listed[0])
    if found is None:
        return Fields({})
    if (error := found.object("error")).values:
        return error
    if said := found.text("error"):
        return Fields({**found.values, "message": raw(said)})
    return found


def _sentence(error: Fields) -> str:
    """What went wrong, in the provider's words, wherever it keeps them."""
    said: list[str] = []
    for name in ("message", "detail", "msg", "error", "errors"):
        if name in error.values and not said:
            _collect(error.value(name), said, 6)
    return "; ".join(dict.fromkeys(said))[:_MAX_SENTENCE]


def _collect(value: Any, said: list[str], depth: int) -> None:
    if isinstance(value, str) and value.strip():
        said.append(value.strip())
    elif isinstance(value, list) and depth:
        for item in value[:_MOST_DETAILS]:
            _collect(item, said, depth - 1)
    elif isinstance(value, dict) and depth:
        place = value.get("loc")
        text: list[str] = []
        for name in ("message", "msg", "detail", "error", "errors", "reason"):
            _collect(value.get(name), text, depth - 1)
        where = ".".join(map(str, place)) if isinstance(place, list) else ""
        said += [f"{where}: {one}" if where else one for one in text]
