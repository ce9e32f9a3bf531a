"""Anthropic's events as OpenAI's chunks, each as soon as it can be."""

from typing import Any, TypeVar

import msgspec

from libs.common.contracts.base import UNREADABLE, decoder
from libs.common.errors import PayloadTooLarge
from services.gateway.domain.attempts import Failure
from services.gateway.translate.anthropic_openai import (
    THINKING,
    Counts,
    Error,
    StopDetails,
    Usage,
    call,
    completion_id,
    ending,
    failed,
)
from services.gateway.translate.dialect import Kept
from services.gateway.translate.sse import SseParser

T = TypeVar("T")


class _Kind(msgspec.Struct, frozen=True, kw_only=True):
    type: str


class _Message(msgspec.Struct, frozen=True, kw_only=True):
    id: str | None = None
    model: str | None = None
    usage: Usage | None = None


class _Started(msgspec.Struct, frozen=True, kw_only=True):
    message: _Message


class _Opened(msgspec.Struct, frozen=True, kw_only=True):
    index: int
    content_block: dict[str, Any]


class _Delta(msgspec.Struct, frozen=True, kw_only=True):
    type: str
    text: str = ""
    partial_json: str = ""
    thinking: str = ""
    signature: str = ""


class _Grown(msgspec.Struct, frozen=True, kw_only=True):
    index: int
    delta: _Delta


class _Closed(msgspec.Struct, frozen=True, kw_only=True):
    index: int


class _End(msgspec.Struct, frozen=True, kw_only=True):
    stop_reason: str | None = None
    stop_details: StopDetails | None = None


class _Ending(msgspec.Struct, frozen=True, kw_only=True):
    delta: _End
    usage: Usage | None = None


class _Broken(msgspec.Struct, frozen=True, kw_only=True):
    error: Error


class _Open(msgspec.Struct, kw_only=True):
    """A block that is being written: as it opened, and, for a tool, which call it is and whether arguments came."""

    block: dict[str, Any]
    call: int = 0
    argued: bool = False


class AnthropicChunks:
    """One stream. Blocks have the message's own count; OpenAI's count of tool calls is kept beside it."""

    def __init__(self, *, model: str, request_id: str, created: int) -> None:
        self.kept: dict[str, Kept] = {}
        self._model = model
        self._request_id = request_id
        self._created = created
        self._head: dict[str, Any] | None = None
        self._parser = SseParser()
        self._open: dict[int, _Open] = {}
        self._calls = 0
        # One list for the whole message: calls that came before a thinking block are kept with it all the same.
        self._thinking: list[dict[str, Any]] = []
        self._counts: Counts | None = None
        self._end = _End()
        self._done = False

    @property
    def counted(self) -> dict[str, Any] | None:
        """The prompt's tokens are said in the opening."""
        return None if self._counts is None else self._counts.usage()

    def feed(self, piece: bytes) -> list[bytes]:
        """The chunks that these bytes complete, encoded; `[DONE]` is the last of all."""
        try:
            events = self._parser.feed(piece)
        except PayloadTooLarge as error:
            raise Failure("malformed", error.message) from None
        return [chunk for data in events for chunk in self._take(data)]

    def end(self) -> list[bytes]:
        """Nothing is ever left; `Failure` "truncated" where the message had not come to its end."""
        if not self._done:
            raise Failure("truncated", "The stream ended before the message did.")
        return []

    def _take(self, data: bytes) -> list[bytes]:
        kind = _read(data, _Kind).type
        if self._done:
            return []
        match kind:
            case "message_start":
                return self._start(_read(data, _Started).message)
            case "content_block_start":
                return self._open_block(_read(data, _Opened))
            case "content_block_delta":
                return self._grow(_read(data, _Grown))
            case "content_block_stop":
                return self._close(_read(data, _Closed).index)
            case "message_delta":
                return self._near_end(_read(data, _Ending))
            case "message_stop":
                return self._stop()
            case "error":
                raise failed(_read(data, _Broken).error)
        return []

    def _start(self, message: _Message) -> list[bytes]:
        self._head = {
            "id": completion_id(message.id, self._request_id),
            "object": "chat.completion.chunk",
            "created": self._created,
            "model": message.model or self._model,
        }
        self._count(message.usage)
        return [self._chunk({"role": "assistant", "content": ""})]

    def _open_block(self, opened: _Opened) -> list[bytes]:
        block = opened.content_block
        state = self._open[opened.index] = _Open(block=block)
        match block:
            case {"type": "text", "text": str(said)} if said:
                return [self._chunk({"content": said})]
            case {"type": "thinking", "thinking": str(said)}:
                state.block = {"signature": "", **block}
                return self._reason(said)
            case {"type": "tool_use", "id": str(name), "name": str(function)}:
                state.call, self._calls = self._calls, self._calls + 1
                self.kept[name] = Kept(served_model=self._model, blocks=self._thinking)
                start = {"id": name, "type": "function", "function": {"name": function, "arguments": ""}}
                return [self._chunk({"tool_calls": [{"index": state.call, **start}]})]
            case {"type": "tool_use" | "thinking"}:
                raise Failure("malformed", "The stream begins a block without what belongs to it.")
        return []

    def _grow(self, grown: _Grown) -> list[bytes]:
        delta, state = grown.delta, self._open.get(grown.index)
        if state is None:
            raise Failure("malformed", "The stream goes on with a block that it never began.")
        match delta.type, state.block.get("type"):
            case "text_delta", "text" if delta.text:
                return [self._chunk({"content": delta.text})]
            case "thinking_delta", "thinking":
                state.block["thinking"] += delta.thinking
                return self._reason(delta.thinking)
            case "signature_delta", "thinking":
                state.block["signature"] += delta.signature
            case "input_json_delta", "tool_use" if delta.partial_json:
                state.argued = True
                return [self._arguments(state, delta.partial_json)]
        return []

    def _close(self, index: int) -> list[bytes]:
        state = self._open.pop(index, None)
        if state is None:
            return []
        if state.block.get("type") in THINKING:
            self._thinking.append(state.block)
            # Clients put lists of a stream together by their index.
            return [self._chunk({"thinking_blocks": [{"index": len(self._thinking) - 1, **state.block}]})]
        if state.block.get("type") == "tool_use" and not state.argued:
            return [self._arguments(state, call(state.block)["function"]["arguments"])]
        return []

    def _near_end(self, event: _Ending) -> list[bytes]:
        self._end = event.delta if event.delta.stop_reason else self._end
        self._count(event.usage)
        return []

    def _stop(self) -> list[bytes]:
        self._done = True
        chunks = []
        if self._end.stop_reason == "refusal" and self._end.stop_details and self._end.stop_details.explanation:
            chunks.append(self._chunk({"refusal": self._end.stop_details.explanation}))
        chunks.append(self._chunk({}, **ending(self._end.stop_reason)))
        if self._counts is not None:
            chunks.append(msgspec.json.encode({**(self._head or {}), "choices": [], "usage": self._counts.usage()}))
        return [*chunks, b"[DONE]"]

    def _count(self, usage: Usage | None) -> None:
        if usage is None:
            return
        said = usage.counts()
        self._counts = said.at_least(self._counts or Counts())
        if usage.output_tokens is not None:  # the opening's count of the output is only a beginning: the last one holds
            self._counts = msgspec.structs.replace(self._counts, output=said.output)

    def _reason(self, said: str) -> list[bytes]:
        return [self._chunk({"reasoning_content": said})] if said else []

    def _arguments(self, state: _Open, said: str) -> bytes:
        return self._chunk({"tool_calls": [{"index": state.call, "function": {"arguments": said}}]})

    def _chunk(self, delta: dict[str, Any], **end: str | None) -> bytes:
        if self._head is None:
            raise Failure("malformed", "The stream begins without a message.")
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": None, **end}
        return msgspec.json.encode({**self._head, "choices": [choice]})


def _read(data: bytes, kind: type[T]) -> T:
    try:
        found: T = decoder(kind).decode(data)
    except (*UNREADABLE, RecursionError):
        raise Failure("malformed", "The stream holds something that is not one of Anthropic's events.") from None
    return found
