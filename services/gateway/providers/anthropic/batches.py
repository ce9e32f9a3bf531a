"""Anthropic's Message Batches API: the requests in one call, and one stream of results."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from services.gateway.domain.attempts import Failure
from services.gateway.domain.batches import BatchCall, BatchResult, BatchState, ms_of

_PATH: Final = "/messages/batches"
_STATUSES: Final[Mapping[str, int]] = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "timeout_error": 504,
    "overloaded_error": 529,
}


class _Error(msgspec.Struct, frozen=True):
    type: str = ""


class _Problem(msgspec.Struct, frozen=True):
    error: _Error = _Error()


class _Outcome(msgspec.Struct, frozen=True):
    type: str
    message: msgspec.Raw = msgspec.Raw()
    error: msgspec.Raw = msgspec.Raw()


class _Line(msgspec.Struct, frozen=True):
    custom_id: str
    result: _Outcome


class AnthropicBatches:
    """See `BatchFormat`. The provider keeps no name of ours with a batch."""

    names = False
    surfaces = frozenset(("messages",))
    most_requests = 100_000
    most_bytes = 256_000_000

    def line(self, custom_id: str, surface: str, body: bytes) -> bytes:
        params = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        params.pop("stream", None)  # a batch is never streamed, and says so
        return msgspec.json.encode({"custom_id": custom_id, "params": params})

    def upload(self, lines: Sequence[bytes], name: str) -> None:
        return None

    def create(
        self, surface: str, lines: Sequence[bytes], uploaded: str | None, name: str, headers: Mapping[str, str]
    ) -> BatchCall:
        sent = {**headers, "content-type": "application/json"}
        return BatchCall(method="POST", path=_PATH, headers=sent, body=b'{"requests":[' + b",".join(lines) + b"]}")

    def look(self, batch_id: str) -> BatchCall:
        return BatchCall(method="GET", path=f"{_PATH}/{batch_id}")

    def cancel(self, batch_id: str) -> BatchCall:
        return BatchCall(method="POST", path=f"{_PATH}/{batch_id}/cancel")

    def recent(self, after: str | None) -> BatchCall:
        return BatchCall(method="GET", path=f"{_PATH}?limit=100{'' if after is None else f'&after_id={after}'}")

    def leftovers(self, uploaded: str | None, state: BatchState | None) -> tuple[BatchCall, ...]:
        return () if state is None else (BatchCall(method="DELETE", path=f"{_PATH}/{state.id}"),)

    def made(self, answer: bytes) -> str:
        raise Failure("malformed", "This provider takes no file of requests.")

    def state(self, answer: bytes) -> BatchState:
        return _state(_object(answer))

    def states(self, answer: bytes) -> list[BatchState]:
        found = _object(answer).get("data")
        if not isinstance(found, list):
            raise Failure("malformed", "The answer is no list of batches.")
        return [_state(one) for one in found if isinstance(one, dict)]

    def result(self, line: bytes) -> BatchResult | None:
        try:
            found = msgspec.json.decode(line, type=_Line)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return None
        match found.result.type:
            case "succeeded":
                return BatchResult(custom_id=found.custom_id, status=200, body=bytes(found.result.message))
            case "errored":
                body = bytes(found.result.error)
                return BatchResult(custom_id=found.custom_id, status=_status(body), body=body)
        return BatchResult(custom_id=found.custom_id, status=0)


def _status(body: bytes) -> int:
    """The status that goes with an error of the Messages API."""
    try:
        kind = msgspec.json.decode(body, type=_Problem).error.type
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return 500
    return _STATUSES.get(kind, 500)


def _state(found: Mapping[str, Any]) -> BatchState:
    identity = found.get("id")
    if not isinstance(identity, str):
        raise Failure("malformed", "The answer shows no batch.")
    over = found.get("processing_status") == "ended"
    return BatchState(
        id=identity,
        status="ended" if over else "running",
        results=(f"{_PATH}/{identity}/results",) if over else (),
        made_ms=ms_of(found.get("created_at")),
        size=_size(found.get("request_counts")),
    )


def _size(counts: object) -> int | None:
    if not isinstance(counts, dict):
        return None
    return sum(count for count in counts.values() if isinstance(count, int))


def _object(answer: bytes) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(answer)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Failure("malformed", "The answer about a batch is no JSON object.")
    return found


ANTHROPIC_BATCHES = AnthropicBatches()
