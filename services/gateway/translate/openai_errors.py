"""What an error of OpenAI's API means, and of every server that speaks its format."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from libs.common.contracts.base import UNREADABLE
from services.gateway.domain.attempts import Failure

_MAX_ERROR = 64 << 10
_SECRETS = re.compile(r"\b(sk|rk|org|proj)-[A-Za-z0-9_*.-]{6,}")
_SPENT = ("insufficient_quota", "billing_hard_limit_reached", "billing_not_active")


class _ErrorBody(msgspec.Struct, frozen=True, kw_only=True):
    error: dict[str, Any] | str | None = None
    message: str | None = None
    detail: Any = None


def failure(status: int, headers: Mapping[str, str], content: bytes) -> Failure:
    """The provider's error, with no more of it than a message without secrets, a code and a parameter."""
    try:
        body = msgspec.json.decode(content[:_MAX_ERROR], type=_ErrorBody)
    except UNREADABLE:
        body = _ErrorBody()
    error = body.error if isinstance(body.error, dict) else {"message": body.error or body.message or body.detail}
    message, code, param = error.get("message"), error.get("code"), error.get("param")
    if not isinstance(code, str):
        code = None
    if code in _SPENT or error.get("type") in _SPENT or status == 402:
        status, code = 402, "insufficient_quota"
    return Failure(
        "status",
        _SECRETS.sub(r"\1-…", message) if isinstance(message, str) and message else f"Status {status}.",
        status=status,
        code=code,
        param=param if isinstance(param, str) else None,
        retry_after=retry_after(headers),
    )


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds; None where the provider names none, or names a date."""
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        try:
            return max(0.0, float(headers[name]) / unit)
        except (KeyError, ValueError):
            continue
    return None
