"""Answers in Gemini's format: whole, as server-sent events, or as the pieces of a JSON list."""

from typing import Any

import msgspec
from msgspec import Raw

from services.gateway.domain.attempts import Failure
from services.gateway.formats import errors
from services.gateway.formats.blocks import Answer, Native, StopReason, Usage
from services.gateway.formats.deltas import (
    ArgumentPiece,
    Close,
    Count,
    Delta,
    Fail,
    Open,
    Seal,
    Start,
    Stop,
    TextPiece,
    pieces_of,
)
from services.gateway.formats.opaque import Sealer, as_base64
from services.gateway.translate.fields import is_object

_FINISH: dict[StopReason, str] = {
    "end": "STOP",
    "tool_use": "STOP",
    "stop_sequence": "STOP",
    "length": "MAX_TOKENS",
    "refusal": "SAFETY",
    "pause": "OTHER",
}


class GenerateWriting(msgspec.Struct, frozen=True, kw_only=True):
    """What answers are written with. `thoughts`: the client wants to read them; `listed`: the stream is a JSON list, not events."""

    response_id: str
    model: str
    thoughts: bool = False
    sealer: Sealer | None = None
    listed: bool = False


def usage_json(usage: Usage) -> dict[str, Any]:
    """Gemini's usage object: the prompt includes cached tokens, and the candidates leave out thoughts."""
    found: dict[str, Any] = {
        "promptTokenCount": usage.input,
        "candidatesTokenCount": usage.output - usage.reasoning,
        "totalTokenCount": usage.input + usage.output,
    }
    if usage.cache_read:
        found["cachedContentTokenCount"] = usage.cache_read
    if usage.reasoning:
        found["thoughtsTokenCount"] = usage.reasoning
    return found


def generated(answer: Answer, writing: GenerateWriting) -> bytes:
    """A whole answer. `Failure` "malformed" for a call whose arguments are no object."""
    parts = _Parts(writing)
    found: list[dict[str, Any]] = []
    body: dict[str, Any] = {}
    for delta in pieces_of(answer):
        found += parts.take(delta)
        if isinstance(delta, Stop):
            body = parts.ending(delta, found)
    return msgspec.json.encode(body)


def token_count(tokens: int, *, cached: int = 0) -> bytes:
    """The answer of `:countTokens`."""
    return msgspec.json.encode({"totalTokens": tokens, **({"cachedContentTokenCount": cached} if cached else {})})


class GenerateStream:
    """Writes a stream of responses: one part or a few to a chunk, each call whole, the finish reason on the last."""

    def __init__(self, writing: GenerateWriting) -> None:
        self._writing = writing
        self._parts = _Parts(writing)
        self._chunks = 0
        self._ended = False

    def write(self, delta: Delta) -> bytes:
        """The client's bytes for a delta."""
        if self._ended:
            return b""
        if isinstance(delta, Fail):
            return self.fail(delta.failure)
        try:
            found = self._parts.take(delta)
        except Failure as failure:
            return self.fail(failure)
        if isinstance(delta, Stop):
            self._ended = True
            return self._chunk(self._parts.ending(delta, found)) + (b"\n]" if self._writing.listed else b"")
        return self._chunk(self._parts.chunk(found)) if found else b""

    def fail(self, failure: Failure) -> bytes:
        """An error of the provider's."""
        return self.error(errors.in_stream(failure))

    def error(self, problem: errors.Problem) -> bytes:
        """A bare JSON error, to be written apart from what came before it, so that clients see it as one piece."""
        self._ended = True
        body = errors.google_body(problem)
        if not self._writing.listed:
            return body
        return (b",\n" if self._chunks else b"[") + body + b"\n]"

    def _chunk(self, body: dict[str, Any]) -> bytes:
        data = msgspec.json.encode(body)
        self._chunks += 1
        if not self._writing.listed:
            return b"data: %b\r\n\r\n" % data
        return (b"[" if self._chunks == 1 else b",\n") + data


class _Parts:
    """Parts of content, as deltas make them."""

    def __init__(self, writing: GenerateWriting) -> None:
        self._writing = writing
        self._model = writing.model
        self._open: Open | None = None
        self._arguments: list[str] = []
        self._native: Native | None = None
        self._usage: Usage | None = None
        self._section = 0
        self._said = False

    def take(self, delta: Delta) -> list[dict[str, Any]]:
        """The parts that a delta completes."""
        match delta:
            case Start():
                self._model = delta.model or self._model
            case Open():
                self._open, self._arguments, self._section = delta, [], 0
            case TextPiece() if delta.text:
                return self._text(delta)
            case ArgumentPiece(json=json):
                self._arguments.append(json)
            case Seal(native=native):
                self._native = native
            case Close(cut=cut):
                return self._close(cut=cut)
            case Count(usage=usage):
                self._usage = usage
            case _:
                pass
        return []

    def chunk(self, parts: list[dict[str, Any]]) -> dict[str, Any]:
        """A response with these parts."""
        return {"candidates": [{"content": {"role": "model", "parts": parts}, "index": 0}], **self._head()}

    def ending(self, stop: Stop, parts: list[dict[str, Any]]) -> dict[str, Any]:
        """The last response: how the answer ended, and what it cost."""
        candidate: dict[str, Any] = {"index": 0, "finishReason": _FINISH[stop.reason]}
        if self._native is not None and self._writing.sealer is not None:
            signature = as_base64(self._writing.sealer.seal(self._native))
            last = parts[-1] if parts else {"text": ""}
            parts = [*parts[:-1], {**last, "thoughtSignature": signature}]
        if parts or self._said or stop.reason != "refusal":
            candidate["content"] = {"role": "model", "parts": parts or [{"text": ""}]}
        if stop.explanation and stop.reason == "refusal":
            candidate["finishMessage"] = stop.explanation
        usage = {"usageMetadata": usage_json(self._usage)} if self._usage is not None else {}
        return {"candidates": [candidate], **usage, **self._head()}

    def _head(self) -> dict[str, Any]:
        return {"modelVersion": self._model, "responseId": self._writing.response_id}

    def _text(self, piece: TextPiece) -> list[dict[str, Any]]:
        opened = self._open
        if opened is None or opened.kind == "refusal":
            return []
        text = piece.text
        if opened.kind == "reasoning":
            if not self._writing.thoughts:
                return []
            if piece.section != self._section:
                self._section, text = piece.section, "\n\n" + text
            return [{"text": text, "thought": True}]
        self._said = True
        return [{"text": text}]

    def _close(self, *, cut: bool) -> list[dict[str, Any]]:
        opened, self._open = self._open, None
        if opened is None or opened.kind != "call":
            return []
        arguments = "".join(self._arguments) or "{}"
        if not is_object(arguments.encode()):
            if cut:
                return []  # a call that was cut off is none
            raise Failure("malformed", "The answer calls a function with arguments that are no JSON object.")
        self._said = True
        made = {"id": opened.id, "name": opened.name, "args": Raw(arguments.encode())}
        part: dict[str, Any] = {"functionCall": made}
        if self._native is not None and self._writing.sealer is not None:
            part["thoughtSignature"] = as_base64(self._writing.sealer.seal(self._native))
            self._native = None
        return [part]
