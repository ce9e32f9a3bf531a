"""OpenAI's Batch API: a file of requests, a batch of that file, and files of answers and errors."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from services.gateway.domain.attempts import Failure
from services.gateway.domain.batches import BatchCall, BatchResult, BatchState

_URLS: Final[Mapping[str, str]] = {"chat": "/v1/chat/completions", "responses": "/v1/responses"}
_NAME: Final = "promptly_batch"
_BOUNDARY: Final = "promptly-batch-5f1c0e7a9b"
_OVER: Final = ("completed", "expired", "cancelled")
_JSON: Final = {"content-type": "application/json"}


class _Response(msgspec.Struct, frozen=True):
    status_code: int
    body: msgspec.Raw


class _Line(msgspec.Struct, frozen=True):
    custom_id: str
    response: _Response | None = None


class OpenAIBatches:
    """See `BatchFormat`."""

    names = True
    surfaces = frozenset(_URLS)
    most_requests = 50_000
    most_bytes = 200_000_000

    def line(self, custom_id: str, surface: str, body: bytes) -> bytes:
        if b"\n" in body or b"\r" in body:
            body = msgspec.json.format(body, indent=-1)  # as it came, but for the white space: a line is a line
        about = {"custom_id": custom_id, "method": "POST", "url": _URLS[surface], "body": msgspec.Raw(body)}
        return msgspec.json.encode(about)

    def upload(self, lines: Sequence[bytes], name: str) -> BatchCall:
        # No line of JSON holds a boundary that begins a line of its own.
        head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nbatch\r\n--{_BOUNDARY}\r\n'
        head += f'Content-Disposition: form-data; name="file"; filename="{name}.jsonl"\r\n'
        head += "Content-Type: application/jsonl\r\n\r\n"
        body = head.encode() + b"\n".join(lines) + f"\n\r\n--{_BOUNDARY}--\r\n".encode()
        return BatchCall(
            method="POST",
            path="/files",
            headers={"content-type": f"multipart/form-data; boundary={_BOUNDARY}"},
            body=body,
        )

    def create(
        self, surface: str, lines: Sequence[bytes], uploaded: str | None, name: str, headers: Mapping[str, str]
    ) -> BatchCall:
        about = {"input_file_id": uploaded, "endpoint": _URLS[surface], "completion_window": "24h"}
        body = msgspec.json.encode({**about, "metadata": {_NAME: name}})
        return BatchCall(method="POST", path="/batches", headers={**headers, **_JSON}, body=body)

    def look(self, batch_id: str) -> BatchCall:
        return BatchCall(method="GET", path=f"/batches/{batch_id}")

    def cancel(self, batch_id: str) -> BatchCall:
        return BatchCall(method="POST", path=f"/batches/{batch_id}/cancel")

    def recent(self, after: str | None) -> BatchCall:
        return BatchCall(method="GET", path=f"/batches?limit=100{'' if after is None else f'&after={after}'}")

    def leftovers(self, uploaded: str | None, state: BatchState | None) -> tuple[BatchCall, ...]:
        files = [] if uploaded is None else [f"/files/{uploaded}"]
        files += [] if state is None else [path.removesuffix("/content") for path in state.results]
        return tuple(BatchCall(method="DELETE", path=path) for path in files)

    def made(self, answer: bytes) -> str:
        found = _object(answer).get("id")
        if not isinstance(found, str):
            raise Failure("malformed", "The answer names no file.")
        return found

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
        if found.response is None:
            return BatchResult(custom_id=found.custom_id, status=0)
        return BatchResult(
            custom_id=found.custom_id, status=found.response.status_code, body=bytes(found.response.body)
        )


def _state(found: Mapping[str, Any]) -> BatchState:
    identity, said, made = found.get("id"), found.get("status"), found.get("created_at")
    if not isinstance(identity, str):
        raise Failure("malformed", "The answer shows no batch.")
    files = [found.get(name) for name in ("output_file_id", "error_file_id")]
    named = found.get("metadata")
    name = named.get(_NAME) if isinstance(named, dict) else None
    return BatchState(
        id=identity,
        status="refused" if said == "failed" else "ended" if said in _OVER else "running",
        results=tuple(f"/files/{one}/content" for one in files if isinstance(one, str)),
        name=name if isinstance(name, str) else None,
        made_ms=int(made * 1000) if isinstance(made, int | float) else 0,
    )


def _object(answer: bytes) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(answer)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Failure("malformed", "The answer about a batch is no JSON object.")
    return found


OPENAI_BATCHES = OpenAIBatches()
