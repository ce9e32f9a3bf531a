"""Promptly's errors, each also the error that OpenAI's client would raise.

openai.OpenAIError
├── MissingKeyError                no key was given; raised before anything is sent
└── openai.APIStatusError
    └── PromptlyError              `message`, `code`, `details`, `request_id`, `retry_after`
        ├── BadRequestError 400    also openai.BadRequestError
        │   └── NoProviderKeyError connect a key of a provider first
        ├── AuthenticationError 401
        ├── PaymentRequiredError 402
        │   ├── InsufficientCreditsError   `required`, `available`
        │   └── BudgetExceededError        the key's monthly budget
        ├── PermissionDeniedError 403
        ├── NotFoundError 404
        ├── ConflictError 409
        │   └── IdempotencyConflictError   the first request with this key still runs
        ├── PayloadTooLargeError 413
        ├── UnprocessableEntityError 422
        │   └── IdempotencyMismatchError   this key came with another body before
        ├── RateLimitError 429
        └── InternalServerError 5xx
            ├── UpstreamError 502          the provider or its key failed
            └── UnavailableError 503
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import openai

if TYPE_CHECKING:
    import httpx2


class MissingKeyError(openai.OpenAIError):
    """There is no Promptly key to send."""


class PromptlyError(openai.APIStatusError):
    """Promptly refused a request, or could not serve it."""

    details: dict[str, Any]
    retry_after: float | None
    """Seconds, where the answer named them."""

    def __init__(self, message: str, *, response: httpx2.Response, body: object | None) -> None:
        super().__init__(message, response=response, body=body)
        self.request_id = response.headers.get("x-promptly-request-id") or self.request_id
        details = body.get("details") if isinstance(body, Mapping) else None
        self.details = dict(details) if isinstance(details, Mapping) else {}
        self.retry_after = _seconds(response.headers.get("retry-after"))


class BadRequestError(openai.BadRequestError, PromptlyError):
    """What was sent cannot be used; the message names the field."""


class NoProviderKeyError(BadRequestError):
    """The organization has no key for a provider of this model."""


class AuthenticationError(openai.AuthenticationError, PromptlyError):
    """The key is unknown, revoked or expired."""


class PaymentRequiredError(PromptlyError):
    """Credits or a budget are used up."""


class InsufficientCreditsError(PaymentRequiredError):
    """Fewer credits are left than the prompt needs."""

    @property
    def required(self) -> int | None:
        return self.details.get("required")

    @property
    def available(self) -> int | None:
        return self.details.get("available")


class BudgetExceededError(PaymentRequiredError):
    """The key has spent its budget of this month."""


class PermissionDeniedError(openai.PermissionDeniedError, PromptlyError):
    """The key lacks the scope."""


class NotFoundError(openai.NotFoundError, PromptlyError):
    """The organization has no such thing."""


class ConflictError(openai.ConflictError, PromptlyError):
    """The state of things forbids it."""


class IdempotencyConflictError(ConflictError):
    """The first request with this idempotency key is still running."""


class PayloadTooLargeError(PromptlyError):
    """The body is over the limit."""


class UnprocessableEntityError(openai.UnprocessableEntityError, PromptlyError):
    """It was understood, and cannot be done."""


class IdempotencyMismatchError(UnprocessableEntityError):
    """This idempotency key came with another body before."""


class RateLimitError(openai.RateLimitError, PromptlyError):
    """Too many requests, of ours or of the provider's."""


class InternalServerError(openai.InternalServerError, PromptlyError):
    """Promptly could not answer."""


class UpstreamError(InternalServerError):
    """The provider could not be reached, failed, or refused the organization's key."""


class UnavailableError(InternalServerError):
    """A part that the request cannot do without is away; try again."""


_BY_STATUS: dict[int, type[PromptlyError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    402: PaymentRequiredError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    413: PayloadTooLargeError,
    422: UnprocessableEntityError,
    429: RateLimitError,
    502: UpstreamError,
    503: UnavailableError,
}
_BY_CODE: dict[tuple[int, str], type[PromptlyError]] = {
    (400, "no_provider_key"): NoProviderKeyError,
    (402, "insufficient_credits"): InsufficientCreditsError,
    (402, "budget_exceeded"): BudgetExceededError,
    (409, "idempotency_in_progress"): IdempotencyConflictError,
    (422, "idempotency_mismatch"): IdempotencyMismatchError,
}


def status_error(said: str, body: object, response: httpx2.Response) -> PromptlyError:
    """The error of an answer; `said` is what OpenAI's client would have said of it.

    Both shapes hold an object named `error`; the optimize API writes its code in capitals.
    """
    error = body.get("error", body) if isinstance(body, Mapping) else body
    fields: Mapping[str, Any] = error if isinstance(error, Mapping) else {}
    message = fields.get("message") or fields.get("detail")
    status = response.status_code
    otherwise = _BY_STATUS.get(status, InternalServerError if status >= 500 else PromptlyError)
    kind = _BY_CODE.get((status, str(fields.get("code")).lower()), otherwise)
    return kind(message if isinstance(message, str) else said, response=response, body=error)


def _seconds(value: str | None) -> float | None:
    try:
        return float(value) if value else None
    except ValueError:  # a date, which we never send
        return None
