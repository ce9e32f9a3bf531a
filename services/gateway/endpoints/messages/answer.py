"""Answers in Anthropic's format: a message whole or as events, and its errors."""

from typing import Any

import msgspec

from services.gateway.domain.attempts import Failure
from services.gateway.formats import errors
from services.gateway.formats.blocks import Answer, Block, Call, Native, Reasoning, StopReason, Text, Usage
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
)
from services.gateway.formats.opaque import Sealer
from services.gateway.translate.fields import is_object

_REASONS: dict[StopReason, str] = {
    "end": "end_turn",
    "tool_use": "tool_use",
    "length": "max_tokens",
    "stop_sequence": "stop_sequence",
    "refusal": "refusal",
    "pause": "end_turn",
}


class MessageWriting(msgspec.Struct, frozen=True, kw_only=True):
    """What answers are written with. `thinking`: the client asked for it; `sealer` None: reasoning is not given to the client;
    `estimate`: our own count of the prompt, for as long as the provider has not counted.
    """

    message_id: str
    thinking: bool = False
    sealer: Sealer | None = None
    estimate: int = 1
    request_id: str = ""


def stop_reason(reason: StopReason, *, called: bool, cut: bool = False) -> str:
    """Anthropic's word. A complete call is `tool_use` whatever the provider says, and without a call nothing is; `cut`: a call was
    cut off.
    """
    if called and reason == "length" and not cut:
        return "tool_use"
    if reason in ("end", "tool_use", "pause"):
        return "tool_use" if called else "end_turn"
    return _REASONS[reason]


def usage_json(usage: Usage) -> dict[str, Any]:
    """Anthropic's usage object, whose input is without the cache's."""
    return {
        "input_tokens": usage.uncached,
        "cache_creation_input_tokens": usage.cache_write,
        "cache_read_input_tokens": usage.cache_read,
        "cache_creation": {
            "ephemeral_5m_input_tokens": usage.cache_write_5m,
            "ephemeral_1h_input_tokens": usage.cache_write_1h,
        },
        "output_tokens": usage.output,
        "output_tokens_details": {"thinking_tokens": usage.reasoning},
        "service_tier": "standard",
    }


def message(answer: Answer, writing: MessageWriting) -> bytes:
    """A whole message. `Failure` "malformed" for a call whose arguments are no object, where the answer was not cut off."""
    content: list[Any] = []
    called = cut = False
    for block in answer.blocks:
        match block:
            case Text(text=text) if text:
                content.append({"type": "text", "text": text})
            case Reasoning() if (thinking := _thinking(block, writing)) is not None:
                content.append(thinking)
            case Call():
                complete = is_object(block.arguments)
                if not complete and answer.stop != "length":
                    raise Failure("malformed", "The answer calls a tool with arguments that are no JSON object.")
                called, cut = called or complete, cut or not complete
                given: Any = block.arguments if complete else {}
                content.append({"type": "tool_use", "id": block.id, "name": block.name, "input": given})
            case _:
                pass
    body: dict[str, Any] = {
        "id": writing.message_id,
        "type": "message",
        "role": "assistant",
        "model": answer.model,
        "content": content,
        "stop_reason": stop_reason(answer.stop, called=called, cut=cut),
        "stop_sequence": answer.stop_sequence,
    }
    if answer.stop == "refusal":
        body["stop_details"] = _refused(answer.explanation or _refusal(answer.blocks))
    body["usage"] = usage_json(answer.usage or Usage(uncached=writing.estimate))
    return msgspec.json.encode(body)


def token_count(tokens: int) -> bytes:
    """The answer of `/v1/messages/count_tokens`."""
    return msgspec.json.encode({"input_tokens": tokens})


def no_output(model: str, writing: MessageWriting) -> bytes:
    """The answer to `max_tokens: 0` where the provider has no way to only fill its cache."""
    return message(Answer(model=model, blocks=(), stop="length", usage=Usage()), writing)


def _thinking(block: Reasoning, writing: MessageWriting) -> dict[str, Any] | None:
    if not writing.thinking or block.native is None or writing.sealer is None:
        return None
    if block.native.kind == "signature" and not block.text:
        return None
    return {"type": "thinking", "thinking": block.text, "signature": writing.sealer.seal(block.native)}


def _refusal(blocks: tuple[Block, ...]) -> str | None:
    said = "".join(block.text for block in blocks if isinstance(block, Text) and block.refusal)
    return said or None


def _refused(explanation: str | None) -> dict[str, Any]:
    return {"type": "refusal", "category": None, "explanation": explanation}


class MessageStream:
    """Writes a message as events: one block open at a time, indexes without a gap, each event named by its type."""

    def __init__(self, writing: MessageWriting) -> None:
        self._writing = writing
        self._started = False
        self._ended = False
        self._index = -1
        self._open: Open | None = None
        self._shown = False
        self._sections = 0
        self._signature: Native | None = None
        self._usage: Usage | None = None
        self._called = False
        self._cut = False
        self._refusal: list[str] = []
        self._escape = ""

    def write(self, delta: Delta) -> bytes:
        """The client's bytes for a delta."""
        if self._ended:
            return b""
        match delta:
            case Start():
                return self._start(delta)
            case Open():
                self._open, self._shown, self._sections, self._signature = delta, False, 0, None
                return self._begin() if delta.kind == "call" else b""
            case TextPiece():
                return self._text(delta)
            case ArgumentPiece(json=json):
                return self._arguments(json)
            case Seal(native=native):
                self._signature = native
                return b""
            case Close(cut=cut):
                return self._close(cut=cut)
            case Count(usage=usage):
                self._usage = usage
                return b""
            case Stop():
                return self._stop(delta)
            case Fail(failure=failure):
                return self.fail(failure)
            case _:
                return b""

    def fail(self, failure: Failure) -> bytes:
        """The event that ends a stream whose provider failed."""
        self._ended = True
        return _event("error", errors.anthropic_body(errors.in_stream(failure), self._writing.request_id))

    def _start(self, start: Start) -> bytes:
        if self._started:
            return b""
        self._started = True
        usage = start.usage
        counted: dict[str, Any] = {
            "input_tokens": (usage.uncached if usage is not None else 0) or max(1, self._writing.estimate),
            "cache_creation_input_tokens": usage.cache_write if usage is not None else 0,
            "cache_read_input_tokens": usage.cache_read if usage is not None else 0,
            "output_tokens": 1,
        }
        begun: dict[str, Any] = {
            "id": self._writing.message_id,
            "type": "message",
            "role": "assistant",
            "model": start.model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": counted,
        }
        return json_event("message_start", message=begun) + json_event("ping")

    def _begin(self) -> bytes:
        opened = self._open
        assert opened is not None
        self._shown = True
        self._index += 1
        block: dict[str, Any]
        match opened.kind:
            case "call":
                block = {"type": "tool_use", "id": opened.id, "name": opened.name, "input": {}}
            case "reasoning":
                block = {"type": "thinking", "thinking": "", "signature": ""}
            case _:
                block = {"type": "text", "text": ""}
        return json_event("content_block_start", index=self._index, content_block=block)

    def _text(self, piece: TextPiece) -> bytes:
        opened = self._open
        if opened is None or not piece.text:
            return b""
        text = piece.text
        if opened.kind == "reasoning":
            if not self._writing.thinking or self._writing.sealer is None or not opened.returns:
                return b""
            if piece.section != self._sections and self._shown:
                text = "\n\n" + text
            self._sections = piece.section
            return self._grow(type="thinking_delta", thinking=text)
        if opened.kind == "refusal":
            self._refusal.append(text)
        return self._grow(type="text_delta", text=text)

    def _arguments(self, json: str) -> bytes:
        """Arguments, never split within an escape: clients parse what they have so far."""
        json = self._escape + json
        place = json.rfind("\\", max(0, len(json) - 6))
        whole = len(json)
        if place >= 0 and (len(json) - place < (6 if json[place + 1 : place + 2] in ("u", "") else 2)):
            backslashes = len(json[: place + 1]) - len(json[: place + 1].rstrip("\\"))
            whole = place if backslashes % 2 else len(json)
        self._escape = json[whole:]
        return self._grow(type="input_json_delta", partial_json=json[:whole]) if json[:whole] else b""

    def _grow(self, **delta: str) -> bytes:
        begun = b"" if self._shown else self._begin()
        return begun + json_event("content_block_delta", index=self._index, delta=delta)

    def _close(self, *, cut: bool) -> bytes:
        opened, self._open = self._open, None
        if opened is None:
            return b""
        out = b""
        if opened.kind == "call":
            self._called, self._cut = self._called or not cut, self._cut or cut
            if self._escape:
                escape, self._escape = self._escape, ""
                delta = {"type": "input_json_delta", "partial_json": escape}
                out += json_event("content_block_delta", index=self._index, delta=delta)
        elif opened.kind == "reasoning":
            out += self._sign(opened)
        return out + json_event("content_block_stop", index=self._index) if self._shown else b""

    def _sign(self, opened: Open) -> bytes:
        native, sealer = self._signature, self._writing.sealer
        if native is None and self._shown:
            # The mark of this gateway keeps the block from Anthropic, which would refuse one that it has not signed.
            native = Native(provider="", kind="none", payload="")
        if native is None or sealer is None or not self._writing.thinking:
            return b""
        if not self._shown and native.kind == "signature":
            return b""
        self._open = opened
        signed = self._grow(type="signature_delta", signature=sealer.seal(native))
        self._open = None
        return signed

    def _stop(self, stop: Stop) -> bytes:
        self._ended = True
        delta: dict[str, Any] = {
            "stop_reason": stop_reason(stop.reason, called=self._called, cut=self._cut),
            "stop_sequence": stop.sequence,
        }
        if stop.reason == "refusal":
            delta["stop_details"] = _refused(stop.explanation or "".join(self._refusal) or None)
        usage = usage_json(self._usage or Usage(uncached=self._writing.estimate))
        del usage["service_tier"]
        return json_event("message_delta", delta=delta, usage=usage) + json_event("message_stop")


def json_event(kind: str, **fields: Any) -> bytes:
    """One event of a stream, named by its type."""
    return _event(kind, msgspec.json.encode({"type": kind, **fields}))


def _event(kind: str, data: bytes) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (kind.encode(), data)
