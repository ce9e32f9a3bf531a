"""How requests to the data plane fail. Every example is the body that the gateway makes of the error beside it."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from libs.common import errors
from libs.common.errors import PromptlyError
from services.gateway.translate import optimizing
from services.gateway.translate.errors import error_body


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """When an answer with this error comes; `retry_after` where it has the header."""

    when: str
    error: PromptlyError
    retry_after: bool = False


def _failure(when: str, error: PromptlyError, *, retry_after: bool = False) -> Failure:
    return Failure(when=when, error=error, retry_after=retry_after)


_LATE: Final = errors.RequestTimeout("The body did not arrive in time.")
_LARGE: Final = errors.PayloadTooLarge("The body is larger than this gateway takes.")
_ENCODED: Final = errors.UnsupportedMediaType(
    "Send the body with Content-Encoding gzip, deflate or zstd, or without one.", code="unsupported_encoding"
)

# By the name among the document's components.
FAILURES: Final[Mapping[str, Failure]] = {
    "BadRequest": _failure(
        "The request cannot be used, or no connected provider serves it; the sentence names the field.",
        errors.BadRequest(
            "No valid provider key found. Please connect an API key in the dashboard.", code="no_provider_key"
        ),
    ),
    "Unauthorized": _failure(
        "No key, or one that is malformed, unknown, revoked or expired.",
        errors.Unauthorized("This API key is unknown, revoked or expired. Make a new one in the dashboard."),
    ),
    "BudgetUsedUp": _failure(
        "A budget that the request is in has no room for it; the sentence names it, and when it starts anew.",
        errors.InsufficientCredits(
            'The budget "Search" of $400.00 for this month is used up or set aside for calls under way, and this call may cost up'
            " to $0.0102. It starts anew at 2026-12-01 00:00 UTC.",
            code="budget_exceeded",
        ),
    ),
    "Forbidden": _failure("The key lacks the scope.", errors.Forbidden("This key may not be used for chat.")),
    "ModelNotFound": _failure(
        "There is no such model, or none of the provider keys reaches it.",
        errors.NotFound(
            "The model `gpt-9` does not exist, or none of your provider keys reaches it.",
            code="model_not_found",
            param="model",
        ),
    ),
    "RequestNotFound": _failure("The organization made no such request.", errors.NotFound("There is no such request.")),
    "BodyTimeout": _failure("The body did not arrive in time.", _LATE),
    "PayloadTooLarge": _failure("The body is larger than 10 MiB, or longer than the provider takes.", _LARGE),
    "UnsupportedEncoding": _failure("The body is compressed, and not with gzip, deflate or zstd.", _ENCODED),
    "Unprocessable": _failure(
        "The provider understood the request, and refused it.",
        errors.Unprocessable("The provider refused the request."),
    ),
    "RateLimited": _failure(
        "The key's limit, or the provider's after every way around it was tried.",
        errors.RateLimited("This key may make 500 requests a minute."),
        retry_after=True,
    ),
    "ProviderFailed": _failure(
        "The provider was not reached, was too slow, failed, or refused the organization's key.",
        errors.UpstreamFailed("OpenAI did not answer in time."),
    ),
    "Unavailable": _failure(
        "A part that this request cannot do without is away.",
        errors.Unavailable("Keys cannot be checked right now. Try again in a moment."),
        retry_after=True,
    ),
}
# The optimize API's, whose errors have a shape of their own.
OPTIMIZE_FAILURES: Final[Mapping[str, Failure]] = {
    "OptimizeBadRequest": _failure(
        "The request cannot be used; the message names the field.",
        errors.BadRequest("prompt: at least one character.", param="prompt"),
    ),
    "OptimizeUnauthorized": _failure(
        "No key, or one that is not known.", errors.Unauthorized("This API key is not known.")
    ),
    "OptimizeNoCredits": _failure(
        "The organization has too few credits left.",
        errors.InsufficientCredits("Your account has insufficient credits", required=1000, available=250),
    ),
    "OptimizeForbidden": _failure(
        "The key lacks the scope `optimize`.",
        errors.Forbidden("This key may not be used for the optimize API: it lacks the scope `optimize`."),
    ),
    "OptimizeTimeout": _failure("The body did not arrive in time.", _LATE),
    "OptimizeRunning": _failure(
        "The first request with this Idempotency-Key has no answer yet.",
        errors.Conflict("The first request with this Idempotency-Key has no answer yet."),
    ),
    "OptimizeTooLarge": _failure("The body is larger than this gateway takes.", _LARGE),
    "OptimizeEncoding": _failure("The body is compressed, and not with gzip, deflate or zstd.", _ENCODED),
    "OptimizeMismatch": _failure(
        "This Idempotency-Key came with another body before.",
        errors.Unprocessable("This Idempotency-Key came with another body before."),
    ),
    "OptimizeRateLimited": _failure(
        "More than 100 requests within a minute; see Retry-After.",
        errors.RateLimited("Rate limit reached: 100 requests a minute for this key. Try again in 9 s.", retry_after=9),
    ),
    "OptimizeFailed": _failure(
        "Something went wrong on our side; nothing was charged.",
        errors.Internal("Something went wrong on our side."),
    ),
    "OptimizeUnavailable": _failure(
        "Credits or the optimizer cannot be reached; nothing was charged.",
        errors.Unavailable("Credits cannot be checked right now. Try again in a moment."),
    ),
}


def responses() -> dict[str, Any]:
    """The document's components of both, by name."""
    return {
        **{name: _response(failure, "Error", error_body(failure.error)) for name, failure in FAILURES.items()},
        **{
            name: _response(failure, "OptimizeError", optimizing.error_body(failure.error))
            for name, failure in OPTIMIZE_FAILURES.items()
        },
    }


def _response(failure: Failure, schema: str, example: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"description": failure.when}
    if failure.retry_after:
        found["headers"] = {"Retry-After": {"$ref": "#/components/headers/RetryAfter"}}
    content = {"schema": {"$ref": f"#/components/schemas/{schema}"}, "example": example}
    return {**found, "content": {"application/json": content}}
