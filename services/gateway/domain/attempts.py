"""What to do after a provider failed: the same again, another key, the original request, or give up."""

from collections.abc import Mapping
from enum import Enum
from typing import TypedDict

import msgspec

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

MAX_CALLS = 3
_MAX_SENTENCE = 2000
_MAX_CODE = 128
_TRANSIENT = (408, 500, 502, 503, 504, 529)
_KEY_AT_FAULT = (401, 402, 403)  # the same key fares no better with the original request


class Failure(Exception):
    """One failed call to a provider.

    `kind` is "connect", "timeout", "malformed", "truncated", "status", or "resting" for a call that was not even tried;
    `status` and `message` are the provider's. 402 stands for a quota or a balance that is used up, 401 for a key that is
    none, whatever number the provider has for them. `billed` is what the provider says that the call cost all the same; `answer`
    is the provider's error answer.
    """

    def __init__(
        self,
        kind: str,
        message: str,
        *,
        status: int | None = None,
        code: str | None = None,
        param: str | None = None,
        retry_after: float | None = None,
        billed: TokenClasses | None = None,
        answer: "ProviderError | None" = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.status = status
        self.code = code
        self.param = param
        self.retry_after = retry_after
        self.billed = billed
        self.answer = answer

    def came_as(self, answer: "ProviderError") -> "Failure":
        """The same failure, with the answer that it was read from."""
        return Failure(
            self.kind,
            self.message,
            status=self.status,
            code=self.code,
            param=self.param,
            retry_after=self.retry_after,
            billed=self.billed,
            answer=answer,
        )


class ProviderError(msgspec.Struct, frozen=True, kw_only=True):
    """A provider's error answer as it came. Header names are lower-case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class ForwardedError(PromptlyError):
    """A provider's error that the client gets as it came, because it is in the client's own format."""

    def __init__(self, message: str, *, answer: ProviderError, code: str) -> None:
        super().__init__(message, code=code)
        self.status = answer.status
        self.answer = answer


class RetryAction(Enum):
    """What comes after a failure."""

    OTHER_KEY = "other_key"
    RETRY = "retry"
    FALLBACK = "fallback"
    GIVE_UP = "give_up"


class AttemptState(msgspec.Struct, frozen=True, kw_only=True):
    """Where a request stands: calls made, whether keys are left, whether it was retried, whether we changed it.

    `elsewhere` says whether the original request would go out with other keys than this one.
    """

    calls: int
    keys_left: int
    retried: bool
    changed: bool
    elsewhere: bool = False


def transient(failure: Failure) -> bool:
    """Whether the provider is at fault and may be well again in a moment; this is what a breaker counts."""
    return failure.kind in ("connect", "timeout", "malformed", "truncated") or failure.status in _TRANSIENT


def next_action(failure: Failure, tried: AttemptState) -> RetryAction:
    """The next step. At most three calls in all, none after one that was paid for; a request that we changed gets one in its
    original form.
    """
    if tried.calls >= MAX_CALLS or failure.billed is not None:
        return RetryAction.GIVE_UP
    if (failure.status in (401, 402, 403, 429) or failure.kind == "resting") and tried.keys_left:
        return RetryAction.OTHER_KEY
    again = transient(failure) and failure.kind not in ("timeout", "truncated")
    last_call = tried.calls == MAX_CALLS - 1
    if again and not tried.retried and not (tried.changed and last_call):
        return RetryAction.RETRY
    if tried.changed and (failure.status not in _KEY_AT_FAULT or tried.elsewhere):
        return RetryAction.FALLBACK
    return RetryAction.GIVE_UP


def forwarded(failure: Failure) -> ForwardedError | None:
    """The provider's error for a client of the provider's own format; None for what concerns the organization's key alone."""
    answer = failure.answer
    if answer is None or 401 in (failure.status, answer.status) or 403 in (failure.status, answer.status):
        return None
    code = (failure.code or f"upstream_{answer.status}")[:_MAX_CODE]
    return ForwardedError(failure.message[:_MAX_SENTENCE], answer=answer, code=code)


class _Known(TypedDict):
    param: str | None
    retry_after: float | None
    should_retry: bool | None


def client_error(failure: Failure, provider: str) -> PromptlyError:
    """The error that the client sees. The provider's own text passes only where the request was the client's own.

    What the provider says of waiting is passed on, and nothing is said of trying again unless that would be paid for twice:
    clients know what to do after a 429 or a 502.
    """
    billed = False if failure.billed is not None else None  # it was paid for, and would be again
    known: _Known = {
        "param": failure.param,
        "retry_after": failure.retry_after,
        "should_retry": billed,
    }
    said, code = failure.message[:_MAX_SENTENCE], failure.code[:_MAX_CODE] if failure.code else None
    match failure.status:
        case 400:
            return BadRequest(said, code=code, **known)
        case 422:
            return Unprocessable(said, code=code, **known)
        case 404:
            return NotFound(said, code=code or "model_not_found", **known)
        case 413:
            return PayloadTooLarge(said, code=code, **known)
        case 402:
            message = f"The quota or the balance of this organization's key for {provider} is used up: {said}"
            return RateLimited(message, code="insufficient_quota", **known)
        case 429:
            known["retry_after"] = 1 if failure.retry_after is None else failure.retry_after
            message = f"The provider {provider} is limiting requests on this organization's key: {said}"
            return RateLimited(message, code=code, **known)
        case 401 | 403:
            message = f"The provider {provider} rejected this organization's key. Check the key in the dashboard."
            return UpstreamFailed(message, code="provider_key_rejected", **known)
    sentences = {
        "connect": f"The provider {provider} could not be reached.",
        "timeout": f"The provider {provider} did not answer in time.",
        "malformed": f"The provider {provider} answered with something that is not a completion: {said}",
        "truncated": f"The provider {provider} broke off in the middle of its answer.",
        "resting": f"The provider {provider} has failed several times in a row and is left alone for a few seconds.",
    }
    message = sentences.get(failure.kind, f"The provider {provider} failed with status {failure.status}.")
    return UpstreamFailed(message, code=f"upstream_{failure.kind}", **known)
