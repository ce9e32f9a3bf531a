"""Errors in each client format (endpoints.md, 0.6), and the headers that pass."""

import json

import pytest

from services.gateway.domain.attempts import Failure
from services.gateway.formats import errors, headers
from services.gateway.formats.opaque import refused_reasoning

CASES = [
    (400, "invalid_request", "invalid_request_error", "invalid_request", "INVALID_ARGUMENT"),
    (400, "context_length_exceeded", "invalid_request_error", "context_length_exceeded", "INVALID_ARGUMENT"),
    (401, "invalid_api_key", "authentication_error", "invalid_api_key", "UNAUTHENTICATED"),
    (402, "insufficient_credits", "billing_error", "insufficient_quota", "RESOURCE_EXHAUSTED"),
    (403, "forbidden", "permission_error", "forbidden", "PERMISSION_DENIED"),
    (404, "not_found", "not_found_error", "model_not_found", "NOT_FOUND"),
    (413, "payload_too_large", "request_too_large", "payload_too_large", "INVALID_ARGUMENT"),
    (429, "rate_limit_exceeded", "rate_limit_error", "rate_limit_exceeded", "RESOURCE_EXHAUSTED"),
    (500, "internal_error", "api_error", "server_error", "INTERNAL"),
    (502, "upstream_error", "api_error", "server_error", "UNAVAILABLE"),
    (503, "service_unavailable", "overloaded_error", "server_error", "UNAVAILABLE"),
    (504, "deadline_exceeded", "timeout_error", "server_error", "DEADLINE_EXCEEDED"),
]


@pytest.mark.parametrize(("status", "code", "anthropic", "openai", "google"), CASES)
def test_each_format_has_its_own_words(status: int, code: str, anthropic: str, openai: str, google: str) -> None:
    found = errors.problem("What went wrong.", status=status, code=code, param="x", retry_after=2.5)
    theirs = errors.anthropic(found, "req_1")
    assert (theirs.status, theirs.headers["request-id"], theirs.headers["retry-after"]) == (status, "req_1", "3")
    body = json.loads(theirs.body)
    assert body["error"]["type"] == anthropic
    assert body["request_id"] == "req_1"
    assert errors.openai(found).status == status
    error = json.loads(errors.openai(found).body)["error"]
    assert error["code"] == openai
    assert error["param"] == "x"
    error = json.loads(errors.google(found).body)["error"]
    assert (error["code"], error["status"]) == (status, google)
    assert error["details"][0]["retryDelay"] == "3s"


def test_what_clients_read_from_messages() -> None:
    found = errors.problem("Too many tokens.", status=400, code="context_length_exceeded")
    assert json.loads(errors.anthropic(found, "r").body)["error"]["message"].startswith("prompt is too long")
    limited = errors.problem("Slow down.", status=429, code="rate_limit_exceeded", retry_after=7)
    assert "Please try again in 7s" in json.loads(errors.openai(limited).body)["error"]["message"]
    paid = errors.problem("Broken.", status=502, code="upstream_error", should_retry=False)
    assert errors.google(paid).headers["x-should-retry"] == "false"
    spent = errors.problem("No money.", status=429, code="insufficient_quota")
    assert json.loads(errors.anthropic(spent, "r").body)["error"]["type"] == "billing_error"


def test_a_failure_in_a_stream_says_nothing_of_keys() -> None:
    found = errors.in_stream(Failure("status", "Incorrect API key sk-secret", status=401, code="invalid_api_key"))
    assert "secret" not in found.message
    assert found.status == 502
    found = errors.in_stream(Failure("status", "Overloaded", status=529))
    assert (found.kind, found.message) == ("unavailable", "Overloaded")
    assert errors.in_stream(Failure("timeout", "x")).kind == "timeout"


def test_reasoning_that_a_provider_refuses() -> None:
    for message, code in (
        ("Invalid `signature` in `thinking` block", None),
        ("Thought signature is not valid.", None),
        ("The encrypted content could not be verified.", None),
        ("x", "invalid_encrypted_content"),
        ("thinking blocks are bound to a different conversation", None),
    ):
        assert refused_reasoning(Failure("status", message, status=400, code=code))
    assert not refused_reasoning(Failure("status", "max_tokens is too large", status=400))
    assert not refused_reasoning(Failure("status", "Invalid `signature`", status=500))


def test_headers_to_the_provider() -> None:
    sent = {
        "anthropic-beta": "a,b",
        "anthropic-version": "2026-10-21",
        "authorization": "Bearer x",
        "x-api-key": "k",
        "x-promptly-tags": "t",
        "cookie": "c",
        "x-codex-turn-metadata": "m",
    }
    assert headers.to_anthropic(sent) == {"anthropic-beta": "a,b", "anthropic-version": "2026-10-21"}
    assert headers.to_anthropic({}) == {"anthropic-version": "2023-06-01"}
    assert headers.to_openai(sent) == {"x-codex-turn-metadata": "m"}
    assert headers.to_google(sent) == {}


def test_headers_to_the_client() -> None:
    got = {
        "request-id": "r",
        "retry-after": "1",
        "anthropic-ratelimit-unified-status": "u",
        "x-ratelimit-remaining-tokens": "9",
        "set-cookie": "c",
        "openai-organization": "o",
    }
    assert set(headers.to_client(got, own_key=False)) == {"request-id", "retry-after", "x-ratelimit-remaining-tokens"}
    assert "anthropic-ratelimit-unified-status" in headers.to_client(got, own_key=True)
