"""Anthropic's events as OpenAI's chunks, each as soon as it can be."""

from typing import Any

import msgspec

from services.gateway.domain.attempts import Failure
from services.gateway.translate.anthropic_openai import (
    THINKING,
    Counts,
    Error,
    arguments,
    call,
    completion_id,
    counts_of,
    ending,
    error_of,
    failed,
    tier_of,
)
from services.gateway.translate.dialect import Kept
from services.gateway.translate.fields import Fields, as_text, compact, raw, read_object
from services.gateway.translate.payloads import Payloads, heartbeat


class _Open(msgspec.Struct, kw_only=True):
    """A block that is being written: as it opened, and, for a tool, which call it is and whether arguments came. `pieces`
    are those of its thinking and of its signature.
    """

    kind: str
    block: Fields
    call: int = 0
    argued: bool = False
    pieces: dict[str, list[str]] = {}


class AnthropicChunks:
    """One stream. Blocks have the message's own count; OpenAI's count of tool calls is kept beside it."""

    def __init__(self, *, model: str, request_id: str, created: int) -> None:
        self.kept: dict[str, Kept] = {}
        self._model = model
        self._request_id = request_id
        self._created = created
        self._head: dict[str, Any] | None = None
        self._payloads = Payloads()
        self._open: dict[int, _Open] = {}
        self._calls = 0
        # One list for the whole message: calls that came before a thinking block are kept with it all the same.
        self._thinking: list[dict[str, Any]] = []
        self._counts: Counts | None = None
        self._stop_reason: str | None = None
        self._refusal = ""
        self._tier = ""
        self._failure: Failure | None = None
        self._done = False

    @property
    def counted(self) -> dict[str, Any] | None:
        """The prompt's tokens are said in the opening."""
        return None if self._counts is None else self._counts.usage()

    @property
    def idle(self) -> bool:
        """Its events are not OpenAI's."""
        return False

    def feed(self, piece: bytes) -> list[bytes]:
        """The chunks that these bytes complete, encoded; `[DONE]` is the last of all."""
        return self._take_all(self._payloads.feed(piece))

    def end(self) -> list[bytes]:
        """What an event held that was not closed; `Failure` "truncated" where the message had not come to its end."""
        chunks = self._take_all(self._payloads.end())
        if self._done:
            return chunks
        if self._stop_reason is None:
            raise Failure("truncated", "The stream ended before the message did.")
        return [*chunks, *self._stop()]  # all was said but that it is over

    def _take_all(self, payloads: list[bytes]) -> list[bytes]:
        """A failure is raised only once the chunks before it have been given out."""
        if self._failure is not None:
            raise self._failure
        chunks: list[bytes] = []
        try:
            for data in payloads:
                chunks += self._take(data)
        except Failure as failure:
            if not chunks:
                raise
            self._failure = failure
        return chunks

    def _take(self, data: bytes) -> list[bytes]:
        if self._done:
            return []
        found = read_object(data)
        if found is None:
            if heartbeat(data):
                return []
            raise Failure("malformed", "The stream holds something that is not one of Anthropic's events.")
        match found.text("type"):
            case "message_start":
                return self._start(found.object("message"))
            case "content_block_start":
                return self._open_block(found, found.object("content_block"))
            case "content_block_delta":
                return self._grow(found, found.object("delta"))
            case "content_block_stop":
                return self._close(self._index(found))
            case "message_delta":
                return self._near_end(found)
            case "message_stop":
                return self._stop()
            case "error":
                raise failed(error_of(found) or Error())
            case "" if (error := error_of(found)) is not None:
                raise failed(error)
        return []

    def _start(self, message: Fields) -> list[bytes]:
        self._begin(message)
        self._count(message.object("usage"))
        return [self._chunk({"role": "assistant", "content": ""})]

    def _begin(self, message: Fields) -> dict[str, Any]:
        self._head = {
            "id": completion_id(message.name("id"), self._request_id),
            "object": "chat.completion.chunk",
            "created": self._created,
            "model": message.name("model") or self._model,
        }
        return self._head

    def _index(self, event: Fields) -> int:
        """The block that an event is about; the newest where it does not say."""
        index = event.value("index")
        if isinstance(index, int) and not isinstance(index, bool):
            return index
        return max(self._open, default=0)

    def _open_block(self, event: Fields, block: Fields) -> list[bytes]:
        index = event.value("index")
        if not isinstance(index, int) or isinstance(index, bool):
            index = max(self._open, default=-1) + 1
        closed = self._close(index) if index in self._open else []
        return [*closed, *self._opened(index, block.text("type"), block)]

    def _opened(self, index: int, kind: str, block: Fields) -> list[bytes]:
        state = self._open[index] = _Open(kind=kind, block=block, pieces={"thinking": [], "signature": []})
        if kind == "text" and (said := block.text("text")):
            return [self._chunk({"content": said})]
        if kind == "thinking":
            for name, pieces in state.pieces.items():
                pieces.append(block.text(name))
            return self._reason(block.text("thinking"))
        if kind == "tool_use":
            state.call, self._calls = self._calls, self._calls + 1
            made = call(block, f"{self._request_id}:{state.call}")
            if not made["function"]["name"]:
                raise Failure("malformed", "The stream calls a tool without saying which.")
            self.kept[made["id"]] = Kept(served_model=self._model, blocks=self._thinking)
            start = {**made, "function": {"name": made["function"]["name"], "arguments": ""}}
            return [self._chunk({"tool_calls": [{"index": state.call, **start}]})]
        return []

    def _grow(self, event: Fields, delta: Fields) -> list[bytes]:
        index, kind = self._index(event), delta.text("type")
        opened: list[bytes] = []
        if index not in self._open:
            # A block that was never opened: text can be understood all the same, a tool without its name cannot.
            began = {"text_delta": "text", "thinking_delta": "thinking"}.get(kind)
            if began is None:
                if kind == "input_json_delta":
                    raise Failure("malformed", "The stream goes on with a block that it never began.")
                return []
            opened = self._opened(index, began, Fields({"type": raw(began)}))
        state = self._open[index]
        match kind, state.kind:
            case "text_delta", "text" if said := delta.text("text"):
                return [*opened, self._chunk({"content": said})]
            case "thinking_delta", "thinking":
                state.pieces["thinking"].append(delta.text("thinking"))
                return [*opened, *self._reason(delta.text("thinking"))]
            case "signature_delta", "thinking":
                state.pieces["signature"].append(delta.text("signature"))
            case "input_json_delta", "tool_use" if said := self._input(delta):
                state.argued = True
                return [self._arguments(state, said)]
        return opened

    def _input(self, delta: Fields) -> str:
        """A piece of JSON, or an object where a server gives all of it as one."""
        given, value = delta.values.get("partial_json"), delta.value("partial_json")
        return compact(given) if given is not None and isinstance(value, dict) else as_text(value)

    def _close(self, index: int) -> list[bytes]:
        state = self._open.pop(index, None)
        if state is None:
            return []
        if state.kind in THINKING:
            written = (
                {name: "".join(pieces) for name, pieces in state.pieces.items()} if state.kind == "thinking" else {}
            )
            block = {name: state.block.value(name) for name in state.block.values} | written
            self._thinking.append(block)
            # Clients put lists of a stream together by their index.
            return [self._chunk({"thinking_blocks": [{"index": len(self._thinking) - 1, **block}]})]
        if state.kind == "tool_use" and not state.argued:
            return [self._arguments(state, arguments(state.block))]
        return []

    def _near_end(self, event: Fields) -> list[bytes]:
        delta = event.object("delta")
        self._stop_reason = delta.name("stop_reason") or self._stop_reason
        self._refusal = delta.object("stop_details").text("explanation") or self._refusal
        self._count(event.object("usage"))
        return []

    def _stop(self) -> list[bytes]:
        if self._head is None:
            raise Failure("malformed", "The stream ends before it has begun.")
        self._done = True
        chunks = [chunk for index in sorted(self._open) for chunk in self._close(index)]
        if self._stop_reason == "refusal" and self._refusal:
            chunks.append(self._chunk({"refusal": self._refusal}))
        chunks.append(self._chunk({}, **ending(self._stop_reason, called=self._calls > 0)))
        if (usage := self.counted) is not None:
            chunks.append(msgspec.json.encode({**(self._head or {}), **self._served(), "choices": [], "usage": usage}))
        return [*chunks, b"[DONE]"]

    def _served(self) -> dict[str, str]:
        return {"service_tier": self._tier} if self._tier else {}

    def _count(self, usage: Fields) -> None:
        if not usage.values:
            return
        self._tier = tier_of(usage) or self._tier
        said = counts_of(usage)
        self._counts = said.at_least(self._counts or Counts())
        if "output_tokens" in usage.values:  # the opening's count of the output is only a beginning: the last one holds
            self._counts = msgspec.structs.replace(self._counts, output=said.output)

    def _reason(self, said: str) -> list[bytes]:
        return [self._chunk({"reasoning_content": said})] if said else []

    def _arguments(self, state: _Open, said: str) -> bytes:
        return self._chunk({"tool_calls": [{"index": state.call, "function": {"arguments": said}}]})

    def _chunk(self, delta: dict[str, Any], **end: str | None) -> bytes:
        head = self._head or self._begin(Fields({}))
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": None, **end}
        return msgspec.json.encode({**head, "choices": [choice]})
