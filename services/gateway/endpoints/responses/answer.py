"""Answers in the form of OpenAI's Responses API: the response object, and the events of its stream."""

from typing import Any

import msgspec
from msgspec import Raw

from services.gateway.domain.attempts import Failure
from services.gateway.endpoints.responses.item_writers import (
    CallWriter,
    ItemWriter,
    MessageWriter,
    ReasoningWriter,
)
from services.gateway.formats import errors
from services.gateway.formats.blocks import Answer, Usage
from services.gateway.formats.deltas import (
    ArgumentPiece,
    Cite,
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
from services.gateway.formats.json_fields import Object, encode, given
from services.gateway.formats.opaque import Sealer

# What a response repeats of its request, and what stands there where the request says nothing.
_ECHO: dict[str, Any] = {
    "instructions": None,
    "max_output_tokens": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "reasoning": {"effort": None, "summary": None},
    "temperature": 1.0,
    "text": {"format": {"type": "text"}},
    "tool_choice": "auto",
    "tools": [],
    "top_p": 1.0,
    "truncation": "disabled",
}
_ECHO_IF_SAID = ("max_tool_calls", "top_logprobs", "user", "safety_identifier", "prompt_cache_key", "background")
_REFUSED = "The model refused to answer."


class ResponseWriting(msgspec.Struct, frozen=True, kw_only=True):
    """What answers are written with. `response_id` begins with `resp_`, and its rest goes into the ids of its items; `created` is in
    Unix seconds; `top` are the request's fields as they came. `sealer` None: reasoning is not sealed for the client.
    """

    response_id: str
    created: int
    model: str
    top: Object
    sealer: Sealer | None = None
    store: bool = False

    def item_id(self, prefix: str, number: int) -> str:
        """The id of an item of this response."""
        return f"{prefix}_{self.response_id.removeprefix('resp_')}_{number}"


def usage_json(usage: Usage) -> dict[str, Any]:
    """OpenAI's usage object, whose input includes the cache's."""
    return {
        "input_tokens": usage.input,
        "input_tokens_details": {"cached_tokens": usage.cache_read, "cache_write_tokens": usage.cache_write},
        "output_tokens": usage.output,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning},
        "total_tokens": usage.input + usage.output,
    }


def response(answer: Answer, writing: ResponseWriting) -> bytes:
    """A whole response."""
    stream = ResponseStream(writing)
    for delta in pieces_of(answer):
        stream.write(delta)
    return msgspec.json.encode(stream.response)


def token_count(tokens: int) -> bytes:
    """The answer of `/v1/responses/input_tokens`."""
    return msgspec.json.encode({"object": "response.input_tokens", "input_tokens": tokens})


class ResponseStream:
    """Writes a response as events: numbered without a gap, one item open at a time, and every item that was added gets done.

    `response` is the object as it stands. `output` is what to store, before `terminal` says that it is over: `write` does both at
    once, and `finish` and `terminal` are its two halves.
    """

    def __init__(self, writing: ResponseWriting) -> None:
        self.response: dict[str, Any] = _started(writing)
        self.output: list[dict[str, Any]] = []
        self._writing = writing
        self._sequence = 0
        self._items = 0
        self._started = False
        self._ended = False
        self._item: ItemWriter | None = None
        self._usage: Usage | None = None
        self._refused = False

    def write(self, delta: Delta) -> bytes:
        """The client's bytes for a delta."""
        if self._ended:
            return b""
        match delta:
            case Start():
                return self._start(delta)
            case Open():
                return self._open(delta)
            case TextPiece() | ArgumentPiece() | Seal() | Cite():
                return self._events(self._item.take(delta)) if self._item is not None else b""
            case Close(cut=cut):
                return self._close(cut=cut)
            case Count(usage=usage):
                self._usage = usage
            case Stop():
                return self.finish(delta) + self.terminal(delta, stored=self._writing.store)
            case Fail(failure=failure):
                return self.fail(failure)
        return b""

    def in_progress(self) -> bytes:
        """An event that says that there is more to come: some clients count nothing else as a sign of life."""
        return self._event("response.in_progress", response=self.response) if self._started and not self._ended else b""

    def finish(self, stop: Stop) -> bytes:
        """The events that close what is open; after them `output` is whole."""
        out = b"" if self._started else self._start(Start(self._writing.model))
        if stop.reason == "refusal" and not self._refused:
            out += self._open(Open(-1, "refusal"))
            assert self._item is not None
            out += self._events(self._item.take(TextPiece(-1, stop.explanation or _REFUSED)))
        return out + self._end_item(cut=stop.reason == "length")

    def terminal(self, stop: Stop, *, stored: bool) -> bytes:
        """The last event, and the end of the stream."""
        self._ended = True
        cut = stop.reason == "length"
        self.response |= {
            "status": "incomplete" if cut else "completed",
            "incomplete_details": {"reason": "max_output_tokens"} if cut else None,
            "output": self.output,
            "store": stored,
            "usage": usage_json(self._usage) if self._usage is not None else None,
        }
        kind = "response.incomplete" if cut else "response.completed"
        return self._event(kind, response=self.response) + b"data: [DONE]\n\n"

    def fail(self, failure: Failure) -> bytes:
        """The event that ends a stream whose provider failed."""
        code, message = errors.openai_error(errors.in_stream(failure))
        if failure.code in _CODES or failure.status == 503:
            code = failure.code if failure.code in _CODES else "server_is_overloaded"
        return self.failed(code, message)

    def failed(self, code: str, message: str) -> bytes:
        """The event that ends a stream with an error; nothing once it has ended."""
        if self._ended:
            return b""
        out = b"" if self._started else self._start(Start(self._writing.model))
        self._ended = True
        output = self.output + ([self._item.unfinished()] if self._item is not None else [])
        self.response |= {"status": "failed", "error": {"code": code, "message": message}, "output": output}
        return out + self._event("response.failed", response=self.response)

    def _start(self, start: Start) -> bytes:
        if self._started:
            return b""
        self._started = True
        self.response["model"] = start.model or self._writing.model
        begun = self._event("response.created", response=self.response)
        return begun + self._event("response.in_progress", response=self.response)

    def _open(self, opened: Open) -> bytes:
        self._refused = self._refused or opened.kind == "refusal"
        if opened.kind in ("text", "refusal") and isinstance(self._item, MessageWriter):
            return self._events(self._item.open(opened))
        out = self._end_item(cut=False)
        match opened.kind:
            case "reasoning":
                self._item = ReasoningWriter(self._writing.item_id("rs", self._items), self._writing.sealer)
            case "call":
                prefix = {"function": "fc", "custom": "ctc"}.get(opened.call, "call")
                self._item = CallWriter(self._writing.item_id(prefix, self._items), opened)
            case _:
                self._item = MessageWriter(self._writing.item_id("msg", self._items))
        return out + self._events(self._item.open(opened))

    def _close(self, *, cut: bool) -> bytes:
        if isinstance(self._item, MessageWriter):
            return b""  # the texts that follow belong to the same message
        return self._end_item(cut=cut)

    def _end_item(self, *, cut: bool) -> bytes:
        item, self._item = self._item, None
        if item is None:
            return b""
        out = self._events(item.end(cut=cut))
        if item.done is not None:
            self.output.append(item.done)
            self._items += 1
        return out

    def _events(self, events: list[tuple[str, dict[str, Any]]]) -> bytes:
        return b"".join(self._event(kind, **{"output_index": self._items, **fields}) for kind, fields in events)

    def _event(self, kind: str, **fields: Any) -> bytes:
        data = msgspec.json.encode({"type": kind, "sequence_number": self._sequence, **fields})
        self._sequence += 1
        return b"event: %b\ndata: %b\n\n" % (kind.encode(), data)


_CODES = (
    "context_length_exceeded",
    "insufficient_quota",
    "rate_limit_exceeded",
    "server_is_overloaded",
    "invalid_prompt",
)


def _started(writing: ResponseWriting) -> dict[str, Any]:
    top = writing.top
    echo: dict[str, Any] = {name: top[name] if given(top, name) else value for name, value in _ECHO.items()}
    echo |= {name: top[name] for name in _ECHO_IF_SAID if given(top, name)}
    echo["text"] = _with_format(echo["text"])
    return {
        "id": writing.response_id,
        "object": "response",
        "created_at": writing.created,
        "status": "in_progress",
        "error": None,
        "incomplete_details": None,
        **echo,
        "model": writing.model,
        "output": [],
        "service_tier": "default",
        "store": writing.store,
        "usage": None,
    }


def _with_format(text: Any) -> Any:
    """The echo of `text`, which always has a format."""
    if not isinstance(text, Raw):
        return text
    found = msgspec.json.decode(text, type=dict[str, Raw])
    return text if "format" in found else {"format": encode({"type": "text"}), **found}
