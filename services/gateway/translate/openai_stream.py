"""An OpenAI stream on its way to the client: forwarded as it comes, read on the side.

The chunk that ends a choice is held until usage or `[DONE]` has come, because Promptly's metadata rides on the last one.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from libs.common.contracts.base import UNREADABLE
from services.gateway.domain.attempts import Failure
from services.gateway.domain.turns import Kept
from services.gateway.translate.dialect import Chunks
from services.gateway.translate.openai_answer import Usage
from services.gateway.translate.openai_besides import Besides
from services.gateway.translate.openai_openai import with_metadata
from services.gateway.translate.sse import DONE, event


# Servers that speak OpenAI's format leave out, null or vary what is not content, so only content is read strictly.
class _ToolFunction(msgspec.Struct, frozen=True, kw_only=True):
    name: str | None = None
    arguments: str | None = None


class _ToolDelta(msgspec.Struct, frozen=True, kw_only=True):
    index: int | None = None
    id: str | None = None
    type: str | None = None
    function: _ToolFunction | None = None
    extra_content: Any = None


class _Delta(msgspec.Struct, frozen=True, kw_only=True):
    content: str | None = None
    refusal: str | None = None
    reasoning_content: Any = None
    reasoning: Any = None
    audio: Any = None
    tool_calls: list[_ToolDelta] | None = None

    @property
    def says(self) -> bool:
        """Whether there is something in it for the reader."""
        said = self.content or self.refusal or self.reasoning_content or self.reasoning or self.audio
        return bool(said or self.tool_calls)


class _Choice(msgspec.Struct, frozen=True, kw_only=True):
    index: int = 0
    delta: _Delta | None = None
    finish_reason: str | None = None


class _Chunk(msgspec.Struct, frozen=True, kw_only=True):
    id: Any = None
    created: Any = None
    model: Any = None
    choices: list[_Choice] | None = None
    usage: Any = None
    error: Any = None


_MAX_WAITING = 1000
_decoder = msgspec.json.Decoder(_Chunk)


class OpenAIStream:
    """One stream. `feed` gives what can go out; when `done`, `ending` gives what is left, with the metadata on it."""

    def __init__(self, chunks: Chunks, *, wants_usage: bool) -> None:
        self.started = False
        self.done = False
        self.usage: Usage | None = None
        self.finish_reasons: dict[int, str] = {}
        self.model = ""
        self._besides = Besides()
        self._wants_usage = wants_usage
        self._chunks = chunks
        self._seen: set[int] = set()
        self._waiting: list[bytes] = []
        self._finish: list[bytes] = []
        self._usage_chunk: bytes | None = None
        self._usage_raw: dict[str, Any] | None = None
        self._id: Any = None
        self._created: Any = None
        self._texts: dict[int, list[str]] = {}
        self._refusals: list[str] = []
        self._reasoning: list[str] = []
        self._tools: list[dict[str, Any]] = []
        self._slots: dict[int, int] = {}

    def feed(self, chunk: bytes) -> bytes:
        """What goes to the client now. Nothing does before the first content, so that a fallback stays possible."""
        return self._take_all(self._chunks.feed(chunk))

    def end(self) -> bytes:
        """The same once the connection has closed. `Failure` where the provider's format says that this is too early."""
        return self._take_all(self._chunks.end())

    @property
    def kept(self) -> dict[str, Kept]:
        """What to keep of the tool calls so far, by their id."""
        return self._chunks.kept

    @property
    def call_ids(self) -> list[str]:
        """The ids of the tool calls so far."""
        return [call["id"] for call in self._tools if call["id"]]

    @property
    def storable(self) -> bool:
        """Whether `answer` holds all that the stream said."""
        return self._besides.whole

    @property
    def text(self) -> str:
        """The content so far, of the first choice."""
        return "".join(self._texts.get(0, ()))

    @property
    def said(self) -> str:
        """Everything so far that the provider will have counted: content, refusals, reasoning and calls."""
        texts = ["".join(pieces) for pieces in self._texts.values()]
        calls = [call["function"]["name"] + call["function"]["arguments"] for call in self._tools]
        return " ".join(filter(None, (*texts, *self._refusals, "".join(self._reasoning), *calls)))

    @property
    def counted(self) -> Usage | None:
        """What the provider has counted before the end, if it does."""
        found = self._chunks.counted
        return None if found is None else msgspec.convert(found, Usage)

    @property
    def complete(self) -> bool:
        """Whether every choice that began came to its end. Not every server says `[DONE]` after that."""
        return bool(self.finish_reasons) and self._seen <= set(self.finish_reasons)

    def ending(self, metadata: bytes) -> bytes:
        """The held chunks and `[DONE]`; the metadata stands on the usage chunk, or on the last one without it."""
        last = [*self._waiting, *self._finish]
        if self._usage_chunk is not None and self._wants_usage:
            last.append(self._usage_chunk)
        if last:
            last[-1] = with_metadata(last[-1], metadata)
        return b"".join(event(data) for data in last) + DONE

    def answer(self) -> dict[str, Any]:
        """The same answer as a `chat.completion` object, for the cache."""
        message: dict[str, Any] = {"role": "assistant", "content": self.text or None, "refusal": None}
        if self._refusals:
            message["refusal"] = "".join(self._refusals)
        if self._reasoning:
            message["reasoning_content"] = "".join(self._reasoning)
        if self._tools:
            message["tool_calls"] = self._tools
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": self.finish_reasons.get(0)}
        answer = {
            "id": self._id,
            "object": "chat.completion",
            "created": self._created,
            "model": self.model,
            "choices": [choice],
            "usage": self._usage_raw,
        }
        self._besides.add_to(answer)
        return answer

    def _take_all(self, payloads: Sequence[bytes]) -> bytes:
        return b"".join([piece for data in payloads if (piece := self._take(data))])

    def _take(self, data: bytes) -> bytes:
        if self.done:
            return b""
        if data == b"[DONE]":
            self.done = True
            return b""
        try:
            chunk = _decoder.decode(data)
        except UNREADABLE:
            raise Failure("malformed", "The stream holds something that is not a chunk.") from None
        if chunk.error:
            raise Failure("malformed", "The stream ended in an error.")
        self._besides.read(data)
        self._id, self._created = chunk.id or self._id, chunk.created or self._created
        if isinstance(chunk.model, str) and chunk.model:
            self.model = chunk.model
        choices = chunk.choices or ()
        if chunk.usage:
            self._count(chunk.usage)
            if not choices:
                self._usage_chunk, self.done = data, self.complete
                return b""
        elif not self._wants_usage:
            data = data.replace(b',"usage":null', b"")  # the client did not ask for what we asked for
        elif b'"usage"' not in data:
            data = data.rstrip()[:-1] + b',"usage":null}'
        return self._place(choices, data)

    def _count(self, usage: Any) -> None:
        try:
            self.usage = msgspec.convert(usage, Usage)
            self._usage_raw = usage
        except msgspec.MsgspecError:
            pass  # some servers send an empty object: then the tokens are counted here, and said to be an estimate

    def _place(self, choices: Sequence[_Choice], data: bytes) -> bytes:
        content = ending = False
        for choice in choices:
            self._seen.add(choice.index)
            content |= self._read(choice)
            if choice.finish_reason is not None:
                self.finish_reasons[choice.index] = choice.finish_reason
                ending = True
        out = b""
        if content and not self.started:
            self.started = True
            out, self._waiting = b"".join(map(event, self._waiting)), []
        if ending:
            self._finish.append(data)
        elif self.started:
            out += event(data)
        elif len(self._waiting) < _MAX_WAITING:
            self._waiting.append(data)
        else:
            raise Failure("malformed", "The stream goes on without saying anything.")
        return out

    def _read(self, choice: _Choice) -> bool:
        delta = choice.delta
        if delta is None:
            return False
        if delta.content:
            self._texts.setdefault(choice.index, []).append(delta.content)
        if delta.refusal:
            self._refusals.append(delta.refusal)
        if isinstance(delta.reasoning_content, str):
            self._reasoning.append(delta.reasoning_content)
        for call in delta.tool_calls or ():
            self._call(call)
        return delta.says

    def _call(self, call: _ToolDelta) -> None:
        """Add to a tool call. A new id begins a new one, also where the server gives every call the same index."""
        index = call.index or 0
        slot = self._slots.get(index)
        if slot is None or (call.id and self._tools[slot]["id"] not in (None, call.id)):
            slot = self._slots[index] = len(self._tools)
            function = {"name": "", "arguments": ""}
            self._tools.append({"id": call.id, "type": call.type or "function", "function": function})
        if call.extra_content:
            self._tools[slot]["extra_content"] = call.extra_content
        if call.function is not None:
            self._tools[slot]["function"]["name"] += call.function.name or ""
            self._tools[slot]["function"]["arguments"] += call.function.arguments or ""
