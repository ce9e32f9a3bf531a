"""One event of an OpenAI stream: read strictly, and mended where that fails or where clients could not read it."""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Raw

from services.gateway.domain.attempts import Failure
from services.gateway.translate.fields import BROKEN, MARK, MAX_NAME, Fields, Halves, raw, read_object
from services.gateway.translate.openai_calls import StreamedCalls
from services.gateway.translate.openai_errors import inside
from services.gateway.translate.openai_mend import FINISHES, mend_choice, mend_head
from services.gateway.translate.openai_usage import Usage, usage_of
from services.gateway.translate.payloads import heartbeat

_Name = Annotated[str, Meta(max_length=MAX_NAME)]
_EMPTY = frozenset((b"", b"null", b'""', b"{}", b"[]", b"false", b"0"))
_NONE = Raw(b"")
_TEXTS = ("content", "reasoning_content", "reasoning", "refusal")


class Delta(msgspec.Struct, frozen=True, kw_only=True):
    """What a chunk adds."""

    role: _Name | None = None
    content: str | None = None
    refusal: str | None = None
    reasoning_content: Any = None
    reasoning: Any = None
    audio: Any = None
    images: Any = None
    tool_calls: Any = None
    function_call: Any = None

    @property
    def says(self) -> bool:
        """Whether there is something in it for the reader."""
        said = self.content or self.refusal or self.reasoning_content or self.reasoning or self.audio or self.images
        return bool(said or self.tool_calls or self.function_call)


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """One choice's part of a chunk."""

    index: Annotated[int, Meta(ge=0, le=1024)]
    delta: Delta
    finish_reason: str | None = None
    usage: Raw = _NONE


class _Groq(msgspec.Struct, frozen=True, kw_only=True):
    usage: Raw = _NONE


class Chunk(msgspec.Struct, frozen=True, kw_only=True):
    """A chunk as clients take it."""

    id: _Name | None = None
    created: int | None = None
    model: _Name | None = None
    service_tier: _Name | None = None
    choices: list[Choice]
    usage: Raw = _NONE
    error: Raw = _NONE
    x_groq: _Groq | None = None


_decoder = msgspec.json.Decoder(Chunk)


class ChunkReader:
    """Reads one stream's chunks. `calls` has the tool calls of each choice so far; `otherwise` has the id, the time and the
    model that a chunk gets which has none; `lost` is true once something was left out that could be understood nowhere.

    `legacy` is for a client of `functions`, which knows no tool calls: the first one becomes its `function_call`.
    """

    def __init__(self, otherwise: Mapping[str, Any], *, legacy: bool = False) -> None:
        self.calls: dict[int, StreamedCalls] = {}
        self._otherwise = otherwise
        self._spoke: set[int] = set()
        self.lost = False
        self._legacy = legacy
        self._halves = Halves()

    @property
    def pending(self) -> bool:
        """Whether half of a character waits for its other half."""
        return bool(self._halves)

    def read(self, data: bytes) -> tuple[bytes, Chunk] | None:
        """A chunk, and its bytes for the client; None for an event that says nothing. `Failure` for an error, or for what
        cannot be read: a stream with a hole in it is not an answer.
        """
        try:
            chunk = _decoder.decode(data)
        except BROKEN:
            chunk = None
        if chunk is not None and not self._is_odd(chunk, data):
            self._spoke.update(choice.index for choice in chunk.choices)
            return data, chunk
        fields = read_object(data)
        if fields is None:
            if heartbeat(data):
                return None
            raise Failure("malformed", "The stream holds something that is not a chunk.")
        if bytes(fields.values.get("error", b"")) not in _EMPTY or _is_bare_error(fields):
            raise inside(data)
        changed = self._mend(fields, strict=chunk is not None)
        if changed:
            data = fields.encode()
        try:
            return data, _decoder.decode(data)
        except BROKEN:
            raise Failure("malformed", "The stream holds something that is not a chunk.") from None

    def usage(self, chunk: Chunk) -> Usage | None:
        """What the chunk says of tokens, wherever it says it."""
        places = [chunk.usage, *(choice.usage for choice in chunk.choices)]
        places += [chunk.x_groq.usage] if chunk.x_groq is not None else []
        return next((found for place in places if bytes(place) and (found := usage_of(place)) is not None), None)

    def usage_object(self, chunk: Chunk) -> dict[str, Any] | None:
        """The chunk's own usage object; None where it has none that can be kept."""
        found = Fields({"usage": chunk.usage}).value("usage") if bytes(chunk.usage) else None
        return found if isinstance(found, dict) else None

    def _is_odd(self, chunk: Chunk, data: bytes) -> bool:
        if bytes(chunk.error) not in _EMPTY or MARK in data or self._halves:
            return True
        if self._otherwise and None in (chunk.id, chunk.created, chunk.model):
            return True
        for choice in chunk.choices:
            if choice.delta.role is None and choice.index not in self._spoke:
                return True
            delta, finish = choice.delta, choice.finish_reason
            if delta.tool_calls is not None or delta.function_call is not None:
                return True
            if finish is not None and (finish not in FINISHES or self._legacy):
                return True
        return False

    def _mend(self, fields: Fields, *, strict: bool) -> bool:
        """Make the object one that clients read; whether that changed it."""
        before_all = dict(fields.values)
        mend_head(fields, self._otherwise)
        changed = not strict or before_all != fields.values
        choices = fields.objects("choices")
        for position, choice in enumerate(choices):
            before = dict(choice.values)
            self.lost = self.lost or bool(choice.value("logprobs") and not choice.object("logprobs").values)
            mend_choice(choice, "delta", position)
            index = choice.value("index")
            delta = choice.object("delta")
            if index not in self._spoke:
                self._spoke.add(index)
                if "role" not in delta.values:
                    delta.values = {"role": raw("assistant"), **delta.values}
                    choice.values["delta"] = Raw(delta.encode())
            moved = self._place_calls(index, delta)
            joined = self._join(index, delta)
            if moved or joined:
                choice.values["delta"] = Raw(delta.encode())
            if self._legacy and choice.value("finish_reason") == "tool_calls":
                choice.values["finish_reason"] = raw("function_call")
            changed = changed or moved or joined or not _same(before, choice.values)
        if changed:
            fields.values["choices"] = raw([Raw(choice.encode()) for choice in choices])
            if fields.value("usage") is not None and usage_of(fields.values["usage"]) is None:
                fields.values["usage"] = raw(None)
        return changed

    def _place_calls(self, index: int, delta: Fields) -> bool:
        if "tool_calls" not in delta.values:
            return False
        known = self.calls.setdefault(index, StreamedCalls(f"{self._otherwise.get('id', '')}:{index}"))
        changed, given = False, delta.objects("tool_calls")
        for call in given:
            before = call.encode()
            known.take(call)
            changed = changed or before != call.encode()
        if self._legacy:
            del delta.values["tool_calls"]
            pieces = [call.object("function") for call in given if call.value("index") == 0]
            if pieces:
                made = {name: "".join(piece.text(name) for piece in pieces) for name in ("name", "arguments")}
                delta.values["function_call"] = raw(
                    {name: text for name, text in made.items() if text or name == "arguments"}
                )
            return True
        if changed:
            delta.values["tool_calls"] = raw([Raw(call.encode()) for call in given])
        return changed

    def _join(self, index: int, delta: Fields) -> bool:
        """Put together characters that were cut in two."""
        changed = False
        for name in _TEXTS:
            if name not in delta.values or not isinstance(delta.value(name), str):
                continue
            text = delta.text(name)
            if (joined := self._halves.join((index, name), text)) != text:
                delta.values[name], changed = raw(joined), True
        calls = delta.objects("tool_calls")
        for call in calls:
            function = call.object("function")
            text = function.text("arguments")
            joined = self._halves.join((index, "tool_calls", call.value("index")), text)
            if joined != text:
                function.values["arguments"] = raw(joined)
                call.values["function"], changed = Raw(function.encode()), True
        if changed and calls:
            delta.values["tool_calls"] = raw([Raw(call.encode()) for call in calls])
        return changed

    def finish(self, index: int) -> str:
        """Why a choice ended that did not say so itself."""
        if self.calls.get(index) is None:
            return "stop"
        return "function_call" if self._legacy else "tool_calls"


def with_usage(data: bytes, usage: Any) -> bytes:
    """The chunk with another usage object."""
    fields = read_object(data) or Fields({})
    fields.values["usage"] = raw(usage)
    return fields.encode()


def without_finish(data: bytes) -> bytes:
    """The chunk as one that ends nothing."""
    fields = read_object(data) or Fields({})
    choices = fields.objects("choices")
    for choice in choices:
        choice.values["finish_reason"] = raw(None)
    fields.values["choices"] = raw([Raw(choice.encode()) for choice in choices])
    return fields.encode()


def _is_bare_error(fields: Fields) -> bool:
    """Whether it is an error without the key: an error's fields, and none of an answer's."""
    if "choices" in fields.values or fields.value("usage"):
        return False
    said = fields.text("object") == "error" or fields.text("type") == "error"
    return said or (bool(fields.text("message")) and bool(fields.text("code") or fields.text("type")))


def _same(before: dict[str, Raw], after: dict[str, Raw]) -> bool:
    """Whether mending left the values as they were; what it added as missing counts for nothing."""
    known = {name: _plain(value) for name, value in before.items()}
    made = {name: _plain(value) for name, value in after.items()}
    return {**known, "finish_reason": known.get("finish_reason")} == made


def _plain(value: Raw) -> Any:
    try:
        return msgspec.json.decode(value)
    except BROKEN:
        return bytes(value)
