"""The one tree of errors that services raise, carry over the bus, and turn into HTTP responses.

PromptlyError
├── BadRequest 400          what the caller sent cannot be used; the message names the field
│   ├── RequestTimeout 408  the body came too slowly
│   ├── UnsupportedMediaType 415
│   └── Unprocessable 422   readable, but it contradicts something
├── Unauthorized 401        no valid key or token
├── InsufficientCredits 402 credits or a budget used up
├── Forbidden 403           known caller, not allowed
├── NotFound 404            also for objects of another organization
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

import msgspec


class FieldError(msgspec.Struct, frozen=True):
    """A field of the caller's body or query, and what is wrong with it."""

    field: str
    message: str


class ErrorDetails(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a client may act on beside the status and the code. None and empty: not known, or of no use here.

    `param` names the field at fault, `errors` several of them; `retry_after` is in seconds; `should_retry` false says that
    trying again cannot help, or would be paid for twice; `required` and `available` are optimize tokens.
    """

    param: str | None = None
    errors: tuple[FieldError, ...] = ()
    retry_after: float | None = None
    should_retry: bool | None = None
    required: int | None = None
    available: int | None = None


class PromptlyError(Exception):
    """An error with a sentence for its reader, a stable code and an HTTP status."""

    status: int = 500
    code: str = "internal_error"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        errors: tuple[FieldError, ...] = (),
        retry_after: float | None = None,
        should_retry: bool | None = None,
        required: int | None = None,
        available: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.details = ErrorDetails(
            param=param,
            errors=errors,
            retry_after=retry_after,
            should_retry=should_retry,
            required=required,
            available=available,
        )


class BadRequest(PromptlyError):
    """What the caller sent cannot be used; `param` or `errors` name the field."""

    status = 400
    code = "invalid_request"


class RequestTimeout(BadRequest):
    """The body did not arrive in time."""

    status = 408
    code = "body_timeout"


class UnsupportedMediaType(BadRequest):
    """The body's media type or encoding is not one that is read here."""

    status = 415
    code = "unsupported_media_type"


class Unprocessable(BadRequest):
    """The body can be read and still contradicts something."""

    status = 422


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
    """No such thing in the caller's organization."""

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
    """Too many requests; `retry_after` says when to come again."""

    status = 429
    code = "rate_limit_exceeded"


class Internal(PromptlyError):
    """Our own fault. The message never says more than the request's id."""


class UpstreamFailed(PromptlyError):
    """The provider was unreachable, slow, broken, or refused the organization's key."""

    status = 502
    code = "upstream_error"


class Unavailable(PromptlyError):
    """A part that this request cannot do without is away."""

    status = 503
    code = "service_unavailable"


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
        RequestTimeout,
        UnsupportedMediaType,
        Unprocessable,
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


class ErrorMessage(msgspec.Struct, frozen=True, kw_only=True):
    """An error on its way between services or processes."""

    status: int
    code: str
    message: str
    details: ErrorDetails = ErrorDetails()


def as_message(error: PromptlyError) -> ErrorMessage:
    """An error as it travels."""
    return ErrorMessage(status=error.status, code=error.code, message=error.message, details=error.details)


def from_message(sent: ErrorMessage) -> PromptlyError:
    """The error that the other side raised."""
    error = _BY_STATUS.get(sent.status, Internal)(sent.message, code=sent.code)
    error.details = sent.details
    return error
