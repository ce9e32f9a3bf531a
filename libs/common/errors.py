"""The one tree of errors that services raise, carry over the bus, and turn into HTTP at the door.

PromptlyError
├── BadRequest 400          what the caller sent cannot be used; the message names the field
├── Unauthorized 401        no valid key or token
├── InsufficientCredits 402 credits or a budget used up
├── Forbidden 403           known caller, not allowed
├── NotFound 404            also for objects of another organisation
├── Conflict 409
├── PayloadTooLarge 413
├── RateLimited 429         `retry_after` seconds
├── Internal 500            our fault; says only which request
├── UpstreamFailed 502      a provider or its key failed
└── Unavailable 503         a part that guards money or access cannot answer
    ├── NotConnected        no connection to the bus
    ├── NoResponders        nobody serves the subject
    └── DeadlineExceeded    the budget ran out
"""

from typing import Any, ClassVar


class PromptlyError(Exception):
    """An error with a sentence for its reader, a stable code and an HTTP status."""

    status: ClassVar[int] = 500
    code: str = "internal_error"
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, code: str | None = None, details: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.details = details or {}


class BadRequest(PromptlyError):
    """`param` in the details names the field."""

    status = 400
    code = "invalid_request"


class Unauthorized(PromptlyError):
    """No key or token, or one that is unknown, revoked or expired."""

    status = 401
    code = "invalid_api_key"


class InsufficientCredits(PromptlyError):
    """Credits or a key's budget are used up."""

    status = 402
    code = "insufficient_credits"


class Forbidden(PromptlyError):
    """The key's scope or the role does not allow it."""

    status = 403
    code = "forbidden"


class NotFound(PromptlyError):
    """No such thing in the caller's organisation."""

    status = 404
    code = "not_found"


class Conflict(PromptlyError):
    """It exists already, or its state forbids the change."""

    status = 409
    code = "conflict"


class PayloadTooLarge(PromptlyError):
    """Over a size limit."""

    status = 413
    code = "payload_too_large"


class RateLimited(PromptlyError):
    """Too many requests; `details["retry_after"]` is in seconds."""

    status = 429
    code = "rate_limit_exceeded"
    retryable = True


class Internal(PromptlyError):
    """Our own fault. The message never says more than the request's id."""


class UpstreamFailed(PromptlyError):
    """The provider was unreachable, slow, broken, or refused the organisation's key."""

    status = 502
    code = "upstream_error"
    retryable = True


class Unavailable(PromptlyError):
    """A part that this request cannot do without is away."""

    status = 503
    code = "service_unavailable"
    retryable = True


class NotConnected(Unavailable):
    """The bus has no connection now; nothing was sent."""

    code = "bus_not_connected"


class NoResponders(Unavailable):
    """Nobody serves this subject."""

    code = "no_responders"


class DeadlineExceeded(Unavailable):
    """The budget ran out before an answer came."""

    code = "deadline_exceeded"


_BY_STATUS: dict[int, type[PromptlyError]] = {
    cls.status: cls
    for cls in (
        BadRequest,
        Unauthorized,
        InsufficientCredits,
        Forbidden,
        NotFound,
        Conflict,
        PayloadTooLarge,
        RateLimited,
        Internal,
        UpstreamFailed,
        Unavailable,
    )
}


def from_status(status: int, message: str, code: str, details: dict[str, Any]) -> PromptlyError:
    """The error that another service raised, rebuilt from what the bus carried."""
    return _BY_STATUS.get(status, Internal)(message, code=code, details=details)
