"""Errors: whose they are, what they carry, in both shapes and in none."""

from typing import Any

import openai
import pytest

import promptly
from promptly import Promptly
from tests.unit.sdk.conftest import Server

CASES = [
    (400, "no_provider_key", promptly.NoProviderKeyError, openai.BadRequestError),
    (400, "invalid_header", promptly.BadRequestError, openai.BadRequestError),
    (401, "invalid_api_key", promptly.AuthenticationError, openai.AuthenticationError),
    (402, "budget_exceeded", promptly.BudgetExceededError, openai.APIStatusError),
    (403, "forbidden", promptly.PermissionDeniedError, openai.PermissionDeniedError),
    (404, "not_found", promptly.NotFoundError, openai.NotFoundError),
    (408, "body_timeout", promptly.PromptlyError, openai.APIStatusError),
    (409, "conflict", promptly.ConflictError, openai.ConflictError),
    (413, "payload_too_large", promptly.PayloadTooLargeError, openai.APIStatusError),
    (422, "unprocessable", promptly.UnprocessableEntityError, openai.UnprocessableEntityError),
    (429, "rate_limit_exceeded", promptly.RateLimitError, openai.RateLimitError),
    (500, "internal_error", promptly.InternalServerError, openai.InternalServerError),
    (502, "upstream_error", promptly.UpstreamError, openai.InternalServerError),
    (503, "service_unavailable", promptly.UnavailableError, openai.InternalServerError),
    (504, "timeout", promptly.InternalServerError, openai.InternalServerError),
    (400, "BAD_REQUEST", promptly.BadRequestError, openai.BadRequestError),
    (402, "INSUFFICIENT_CREDITS", promptly.InsufficientCreditsError, promptly.PaymentRequiredError),
    (409, "IDEMPOTENCY_IN_PROGRESS", promptly.IdempotencyConflictError, openai.ConflictError),
    (422, "IDEMPOTENCY_MISMATCH", promptly.IdempotencyMismatchError, openai.UnprocessableEntityError),
    (429, "RATE_LIMIT_EXCEEDED", promptly.RateLimitError, openai.RateLimitError),
]


def refused(client: Promptly) -> promptly.PromptlyError:
    with pytest.raises(promptly.PromptlyError) as caught:
        client.credits()
    return caught.value


@pytest.mark.parametrize(("status", "code", "ours", "openais"), CASES, ids=str)
def test_an_error_is_openai_s_and_ours(
    client: Promptly, server: Server, status: int, code: str, ours: type[Exception], openais: type[Exception]
) -> None:
    said = "A sentence."
    body: dict[str, Any] = {"success": False, "error": {"code": code, "message": said, "details": {"param": "x"}}}
    if code.islower():
        body = {"detail": said, "error": {"message": said, "type": "t", "code": code, "param": "x"}}
    server.will(body, status, x_promptly_request_id="req_7")
    error = refused(client)
    assert type(error) is ours
    assert isinstance(error, openais)
    assert (str(error), error.message, error.code, error.status_code) == (said, said, code, status)
    assert error.request_id == "req_7"
    assert error.param == "x" if code.islower() else error.details == {"param": "x"}


def test_credits_say_how_many(client: Promptly, server: Server) -> None:
    details = {"required": 1000, "available": 250}
    body = {"success": False, "error": {"code": "INSUFFICIENT_CREDITS", "message": "Too few.", "details": details}}
    server.will(body, 402)
    error = refused(client)
    assert isinstance(error, promptly.InsufficientCreditsError)
    assert (error.required, error.available) == (1000, 250)


def test_a_limit_says_how_long(client: Promptly, server: Server) -> None:
    body = {"detail": "Slower.", "error": {"message": "Slower.", "code": "rate_limit_exceeded"}}
    server.will(body, 429, retry_after="7")
    assert refused(client).retry_after == 7
    server.answers = [(429, body, {"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"})]
    assert refused(client).retry_after is None


def test_what_stands_before_promptly_may_answer_too(client: Promptly, server: Server) -> None:
    server.will("<html>Bad gateway</html>", 502)
    error = refused(client)
    assert isinstance(error, promptly.UpstreamError)
    assert error.status_code == 502
    server.answers = [(404, {"detail": "Not here."}, {})]
    assert refused(client).message == "Not here."
    server.answers = [(404, ["odd"], {})]
    assert isinstance(refused(client), promptly.NotFoundError)
