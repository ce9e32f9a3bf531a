"""An OpenAI stream on its way to the client: forwarded as it comes, read on the side.

The chunk that ends a choice is held until usage or `[DONE]` has come, because Promptly's metadata rides on the last one.
"""

from typing import Any

import msgspec

from services.gateway.domain.attempts import Failure
from services.gateway.translate.openai_openai import Usage, with_metadata
from services.gateway.translate.sse import DONE, SseParser, event


class _ToolFunction(msgspec.Struct, frozen=True, kw_only=True):
    name: str | None = None
    arguments: str | None = None


class _ToolDelta(msgspec.Struct, frozen=True, kw_only=True):
    index: int = 0
    id: str | None = None
    type: str | None = None
    function: _ToolFunction = _ToolFunction()


class _Delta(msgspec.Struct, frozen=True, kw_only=True):
    content: str | None = None
    refusal: str | None = None
    reasoning_content: str | None = None
    tool_calls: list[_ToolDelta] | None = None


class _Choice(msgspec.Struct, frozen=True, kw_only=True):
    index: int = 0
    delta: _Delta = _Delta()
    finish_reason: str | None = None


class _Chunk(msgspec.Struct, frozen=True, kw_only=True):
    id: str = ""
    created: int = 0
    model: str = ""
    choices: list[_Choice] = []
    usage: Usage | None = None
    error: dict[str, Any] | None = None


_decoder = msgspec.json.Decoder(_Chunk)


class OpenAIStream:
    """One stream. `feed` gives what can go out; when `done`, `ending` gives what is left, with the metadata on it."""

    def __init__(self, *, wants_usage: bool) -> None:
        self.started = False
        self.done = False
        self.usage: Usage | None = None
        self.finish_reasons: dict[int, str] = {}
        self.model = ""
        self._wants_usage = wants_usage
        self._parser = SseParser()
        self._waiting: list[bytes] = []
        self._finish: list[bytes] = []
        self._usage_chunk: bytes | None = None
        self._usage_raw: bytes | None = None
        self._id = ""
        self._created = 0
        self._texts: dict[int, list[str]] = {}
        self._refusals: list[str] = []
        self._tools: dict[int, dict[str, Any]] = {}

    def feed(self, chunk: bytes) -> bytes:
        """What goes to the client now. Nothing does before the first content, so that a fallback stays possible."""
        out = [piece for data in self._parser.feed(chunk) if (piece := self._take(data))]
        return b"".join(out)

    @property
    def text(self) -> str:
        """The content so far, of the first choice."""
        return "".join(self._texts.get(0, ()))

    @property
    def complete(self) -> bool:
        """Whether every choice came to its end."""
        return self.done and bool(self.finish_reasons)

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
        if self._tools:
            message["tool_calls"] = [self._tools[index] for index in sorted(self._tools)]
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": self.finish_reasons.get(0)}
        return {
            "id": self._id,
            "object": "chat.completion",
            "created": self._created,
            "model": self.model,
            "choices": [choice],
            "usage": None if self._usage_raw is None else msgspec.json.decode(self._usage_raw)["usage"],
        }

    def _take(self, data: bytes) -> bytes:
        if self.done:
            return b""
        if data == b"[DONE]":
            self.done = True
            return b""
        try:
            chunk = _decoder.decode(data)
        except msgspec.MsgspecError:
            raise Failure("malformed", "The stream holds something that is not a chunk.") from None
        if chunk.error is not None:
            raise Failure("malformed", str(chunk.error.get("message", "The stream ended in an error.")))
        self._id, self._created, self.model = chunk.id, chunk.created, chunk.model or self.model
        if chunk.usage is not None:
            self.usage, self._usage_raw = chunk.usage, data
            if not chunk.choices:
                self._usage_chunk = data
                return b""
        elif not self._wants_usage:
            data = data.replace(b',"usage":null', b"")  # the client did not ask for what we asked for
        return self._place(chunk, data)

    def _place(self, chunk: _Chunk, data: bytes) -> bytes:
        content = ending = False
        for choice in chunk.choices:
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
        else:
            self._waiting.append(data)
        return out

    def _read(self, choice: _Choice) -> bool:
        delta = choice.delta
        if delta.content:
            self._texts.setdefault(choice.index, []).append(delta.content)
        if delta.refusal:
            self._refusals.append(delta.refusal)
        for call in delta.tool_calls or ():
            tool = self._tools.setdefault(
                call.index, {"id": call.id, "type": call.type or "function", "function": {"name": "", "arguments": ""}}
            )
            tool["function"]["name"] += call.function.name or ""
            tool["function"]["arguments"] += call.function.arguments or ""
        return bool(delta.content or delta.refusal or delta.reasoning_content or delta.tool_calls)


def replay(answer: dict[str, Any], usage: dict[str, Any] | None, metadata: bytes, *, wants_usage: bool) -> bytes:
    """A stored answer as a stream of the same shape: role, content, tool calls, finish, usage if asked for, `[DONE]`."""
    head = {
        "id": answer.get("id"),
        "object": "chat.completion.chunk",
        "created": answer.get("created"),
        "model": answer.get("model"),
    }
    out = []

    def chunk(delta: dict[str, Any], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        nothing = {"usage": None} if wants_usage else {}
        return msgspec.json.encode({**head, "choices": [choice], **nothing})

    choice = answer["choices"][0]
    message = choice["message"]
    out.append(chunk({"role": "assistant", "content": ""}))
    out.extend(chunk({name: message[name]}) for name in ("content", "refusal") if message.get(name))
    for index, call in enumerate(message.get("tool_calls") or ()):
        out.append(chunk({"tool_calls": [{"index": index, **call}]}))
    out.append(chunk({}, choice.get("finish_reason") or "stop"))
    if wants_usage and usage is not None:
        out.append(msgspec.json.encode({**head, "choices": [], "usage": usage}))
    out[-1] = with_metadata(out[-1], metadata)
    return b"".join(event(data) for data in out) + DONE
