"""What is tried after a provider failed, and what the client is told in the end."""

import json

import pytest

from libs.common.contracts.events import TokenClasses
from libs.common.errors import (
    BadRequest,
    NotFound,
    PayloadTooLarge,
    PromptlyError,
    RateLimited,
    Unprocessable,
    UpstreamFailed,
)
from libs.common.http_errors import retry_headers
from services.gateway.domain.attempts import AttemptState, Failure, RetryAction, client_error, next_action
from services.gateway.domain.chat import Chat, parse
from services.gateway.state.breaker import Breaker
from services.gateway.state.prefix_cache import PrefixCacheTracker
from services.gateway.state.rate_windows import LocalLimiter
from services.gateway.translate import errors


def failed(status: int | None = None, kind: str = "status") -> Failure:
    return Failure(kind, "because", status=status)


def tried(calls: int = 1, keys_left: int = 0, *, retried: bool = False, changed: bool = False) -> AttemptState:
    return AttemptState(calls=calls, keys_left=keys_left, retried=retried, changed=changed)


@pytest.mark.parametrize(
    ("failure", "state", "expected"),
    [
        (failed(429), tried(keys_left=1), RetryAction.OTHER_KEY),
        (failed(401), tried(keys_left=1, changed=True), RetryAction.OTHER_KEY),
        (failed(403), tried(), RetryAction.GIVE_UP),
        (failed(429), tried(changed=True), RetryAction.FALLBACK),
        (failed(429), tried(), RetryAction.GIVE_UP),
        (failed(500), tried(), RetryAction.RETRY),
        (failed(503), tried(retried=True, calls=2), RetryAction.GIVE_UP),
        (failed(503), tried(retried=True, calls=2, changed=True), RetryAction.FALLBACK),
        (failed(500), tried(calls=2, keys_left=0, changed=True), RetryAction.FALLBACK),
        (failed(kind="connect"), tried(), RetryAction.RETRY),
        (failed(kind="malformed"), tried(), RetryAction.RETRY),
        (failed(kind="timeout"), tried(), RetryAction.GIVE_UP),
        (failed(kind="timeout"), tried(changed=True), RetryAction.FALLBACK),
        (failed(400), tried(), RetryAction.GIVE_UP),
        (failed(400), tried(changed=True), RetryAction.FALLBACK),
        (failed(422), tried(changed=True, calls=2), RetryAction.FALLBACK),
        (failed(500), tried(calls=3, changed=True), RetryAction.GIVE_UP),
    ],
)
def test_the_next_step(failure: Failure, state: AttemptState, expected: RetryAction) -> None:
    assert next_action(failure, state) is expected


@pytest.mark.parametrize(
    ("failure", "kind", "status"),
    [
        (failed(400), BadRequest, 400),
        (failed(422), Unprocessable, 422),
        (failed(404), NotFound, 404),
        (failed(413), PayloadTooLarge, 413),
        (failed(429), RateLimited, 429),
        (failed(401), UpstreamFailed, 502),
        (failed(403), UpstreamFailed, 502),
        (failed(500), UpstreamFailed, 502),
        (failed(529), UpstreamFailed, 502),
        (failed(kind="connect"), UpstreamFailed, 502),
        (failed(kind="timeout"), UpstreamFailed, 502),
        (failed(kind="truncated"), UpstreamFailed, 502),
    ],
)
def test_what_the_client_sees(failure: Failure, kind: type[PromptlyError], status: int) -> None:
    error = client_error(failure, "openai")
    assert type(error) is kind
    assert error.status == status
    assert "x-should-retry" not in retry_headers(error), "clients know what to do after a 429 or a 502"
    body = errors.error_body(error)
    assert body["detail"] == body["error"]["message"]
    if status == 502:
        assert "because" not in body["detail"], "a provider's own words pass only on the client's own request"


def test_a_second_try_that_would_be_paid_for_again_is_advised_against() -> None:
    failure = failed(500)
    failure.billed = TokenClasses(uncached_input=10)
    assert retry_headers(client_error(failure, "openai"))["x-should-retry"] == "false"
    assert next_action(failure, tried(changed=True, keys_left=1)) is RetryAction.GIVE_UP


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_the_provider_says_of_waiting_is_passed_on(status: int) -> None:
    failure = failed(status)
    assert retry_headers(client_error(failure, "openai")) == ({"retry-after": "1"} if status == 429 else {})
    failure.retry_after = 1.25
    assert retry_headers(client_error(failure, "openai")) == {"retry-after": "2", "retry-after-ms": "1250"}


class _Clock:
    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


def test_a_breaker_opens_after_a_run_of_failures_and_probes_once() -> None:
    clock = _Clock()
    breaker = Breaker(clock)
    for _ in range(4):
        breaker.failed()
    breaker.succeeded()
    for _ in range(5):
        assert breaker.allow()
        breaker.failed()
    assert breaker.open
    assert not breaker.allow()
    clock.time += 5
    assert [breaker.allow(), breaker.allow()] == [True, False]
    breaker.failed()
    assert not breaker.allow()
    clock.time += 5
    assert breaker.allow()
    breaker.succeeded()
    assert not breaker.open
    assert breaker.allow()


def test_a_probe_that_never_comes_back_does_not_block_the_next() -> None:
    clock = _Clock()
    breaker = Breaker(clock, failures=1)
    breaker.failed()
    clock.time += 5
    assert breaker.allow()
    clock.time += 5
    assert breaker.allow()


def test_no_window_of_a_minute_takes_more_than_the_limit() -> None:
    clock = _Clock()
    limiter = LocalLimiter(clock)
    admitted: list[float] = []
    for _ in range(6 * 1500):
        clock.time += 0.04
        if limiter.take("k", 500).allowed:
            admitted.append(clock.time)
    worst = max(sum(start <= t < start + 60 for t in admitted) for start in admitted[::50])
    assert 480 <= worst <= 500


def test_a_refusal_says_when_there_is_room_again() -> None:
    clock = _Clock()
    limiter = LocalLimiter(clock)
    for _ in range(10):
        assert limiter.take("k", 10).allowed
    verdict = limiter.take("k", 10)
    assert not verdict.allowed
    clock.time += verdict.retry_after
    assert limiter.take("k", 10).allowed
    assert limiter.take("other", 10).allowed


def test_a_warm_conversation_keeps_its_cut_and_a_cold_one_does_not() -> None:
    clock = _Clock()
    known = PrefixCacheTracker(clock)
    turn = ["system", "u1", "a1", "u2"]
    known.update("org", _talk(turn), 7, cached_tokens=2048)
    following = _talk([*turn, "a2", "u3"])
    warm = known.lookup("org", following)
    assert warm is not None
    assert (warm.cut, warm.cached_tokens) == (7, 2048)
    assert known.lookup("other", following) is None
    assert known.lookup("org", _talk(["system", "u1", "another", "u2", "a2"])) is None
    clock.time += 301
    assert known.lookup("org", following) is None
    known.update("org", _talk(turn), 7, cached_tokens=0)
    assert known.lookup("org", following) is None


def _talk(texts: list[str]) -> Chat:
    messages = [{"role": "user", "content": text} for text in texts]
    return parse(json.dumps({"model": "gpt-4o", "messages": messages}).encode())
