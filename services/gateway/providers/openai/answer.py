"""OpenAI's responses, whole and streamed, as neutral answers."""

import hashlib
from typing import Any

import msgspec

from services.gateway.domain.attempts import Failure
from services.gateway.formats.blocks import Answer, CallKind, Citation, Native, StopReason, Usage
from services.gateway.formats.deltas import (
    ArgumentPiece,
    BlockKind,
    Cite,
    Close,
    Count,
    Delta,
    Fail,
    InTurn,
    Open,
    Seal,
    Start,
    Stop,
    StreamReader,
    TextPiece,
    collect,
)
from services.gateway.formats.either import EitherReader, whole_answer
from services.gateway.providers.compatible.answer import usage_of as usage_of_chat
from services.gateway.translate.fields import Fields, compact, is_object, read_object, too_many_parts, whole_text
from services.gateway.translate.openai_errors import failure
from services.gateway.translate.openai_usage import usage_of as read_usage
from services.gateway.translate.payloads import DONE, Payloads, heartbeat

_STATUSES = {
    "server_is_overloaded": 503,
    "slow_down": 503,
    "rate_limit_exceeded": 429,
    "insufficient_quota": 402,
    "context_length_exceeded": 400,
    "invalid_prompt": 400,
    "invalid_request_error": 400,
    "model_not_found": 404,
}
_SIGNED_ITEM = "item"


def read_answer(data: bytes, *, model: str, request_id: str) -> Answer:
    """A whole response. `Failure` for an error, for a response that failed, or for what is none."""

    def whole(body: bytes) -> Answer:
        return _whole(body, model=model, request_id=request_id)

    return whole_answer(data, whole, lambda: _Ordered(model=model, request_id=request_id))


def reader(*, model: str, request_id: str) -> StreamReader:
    """A reader for one stream."""

    def whole(body: bytes) -> Answer:
        return _whole(body, model=model, request_id=request_id)

    return EitherReader(_Events(model=model, request_id=request_id), whole)


def usage_of(response: Fields) -> Usage | None:
    """Tokens in classes; None where nothing was counted."""
    counted = read_usage(response.values.get("usage"))
    found = usage_of_chat(counted)
    if found is None:
        return None
    details = response.object("usage").object("input_tokens_details")
    written = details.value("cache_write_tokens")
    long = details.object("cache_write_tokens_details").value("ttl_12h_tokens")
    if found.cache_write or not isinstance(written, int) or written <= 0:
        return found
    written = min(written, found.uncached)
    hour = min(long, written) if isinstance(long, int) and long > 0 else 0
    return msgspec.structs.replace(
        found, uncached=found.uncached - written, cache_write_5m=written - hour, cache_write_1h=hour
    )


def failure_in(response: Fields) -> Failure:
    """What the error of a failed response, or of an error event, means."""
    error = response.object("error")
    error = error if error.values else response
    code = error.name("code") or error.name("type")
    code = "" if code.isdecimal() else code
    body = msgspec.json.encode({"error": {"message": error.text("message"), "code": code}})
    return failure(_STATUSES.get(code, 500), {}, body)


def _whole(data: bytes, *, model: str, request_id: str) -> Answer:
    data = whole_text(data)
    response = read_object(data)
    if response is None or too_many_parts(data):
        raise Failure("malformed", "The answer is not a response.")
    if response.object("error").values or response.text("status") == "failed":
        raise failure_in(response)
    if "output" not in response.values:
        raise Failure("malformed", "The answer is not a response.")
    events = _Events(model=model, request_id=request_id)
    deltas = events.start(response)
    for at, item in enumerate(response.objects("output")):
        deltas += events.item_done(at, item)
    return collect([*deltas, *events.finish(response)])


class _Events:
    """One stream. Blocks of several items may be open at once."""

    def __init__(self, *, model: str, request_id: str) -> None:
        self._model = model
        self._request_id = request_id
        self._payloads = Payloads()
        self._began = False
        self._over = False
        self._next = 0
        self._open: dict[tuple[int, int], int] = {}
        self._written: dict[int, list[str]] = {}
        self._given: set[tuple[int, int]] = set()
        self._calls = 0
        self._refusal: list[str] = []

    def feed(self, piece: bytes) -> list[Delta]:
        """The deltas that these bytes complete."""
        try:
            payloads = self._payloads.feed(piece)
        except Failure as failed:
            return self._fail(failed)
        return [delta for payload in payloads for delta in self._take(payload)]

    def end(self) -> list[Delta]:
        """What is left once the connection has closed."""
        out = [delta for payload in self._payloads.end() for delta in self._take(payload)]
        if self._over:
            return out
        return [*out, *self._fail(Failure("truncated", "The stream ended before the response did."))]

    def _fail(self, failed: Failure) -> list[Delta]:
        if self._over:
            return []
        self._over = True
        return [Fail(failed)]

    def _take(self, data: bytes) -> list[Delta]:
        if self._over or data == DONE:
            return []
        event = read_object(data)
        if event is None:
            if heartbeat(data):
                return []
            return self._fail(Failure("malformed", "The stream holds something that is no event."))
        try:
            return self._event(event)
        except Failure as failed:
            return self._fail(failed)

    def _event(self, event: Fields) -> list[Delta]:
        kind = event.text("type").removeprefix("response.")
        at = _number(event, "output_index")
        match kind:
            case "created" | "in_progress":
                return self.start(event.object("response"))
            case "output_item.added":
                return self._added(at, event.object("item"))
            case "reasoning_summary_text.delta":
                index, opened = self._block(at, 0, "reasoning")
                return [*opened, TextPiece(index, event.text("delta"), _number(event, "summary_index"))]
            case "output_text.delta" | "refusal.delta":
                which: BlockKind = "text" if kind == "output_text.delta" else "refusal"
                index, opened = self._block(at, _number(event, "content_index"), which)
                if which == "refusal":
                    self._refusal.append(event.text("delta"))
                return [*opened, TextPiece(index, event.text("delta"))] if event.text("delta") else opened
            case "output_text.annotation.added":
                return self._cited((at, _number(event, "content_index")), event.object("annotation"))
            case "function_call_arguments.delta":
                return self._arguments(at, event.text("delta"))
            case "output_item.done":
                return self.item_done(at, event.object("item"))
            case "completed" | "incomplete":
                return self.finish(event.object("response"))
            case "failed":
                raise failure_in(event.object("response"))
            case "error":
                raise failure_in(event)
            case "" if event.object("error").values:
                raise failure_in(event)
        return []

    def start(self, response: Fields) -> list[Delta]:
        """The response begins."""
        if self._began:
            return []
        self._began = True
        return [Start(model=response.name("model") or self._model, id=response.name("id"))]

    def item_done(self, at: int, item: Fields) -> list[Delta]:
        """An item is complete; what was not streamed of it is in it."""
        match item.text("type"):
            case "reasoning":
                return self._reasoned(at, item)
            case "message":
                return self._said(at, item)
            case "function_call" | "custom_tool_call":
                return self._called(at, item)
        return []

    def finish(self, response: Fields) -> list[Delta]:
        """The response is over."""
        out = self.start(response)
        for at, item in enumerate(response.objects("output")):
            if any(key[0] == at for key in self._open):
                out += self.item_done(at, item)
        out += [Close(index, cut=True) for index in self._open.values()]
        self._open, self._over = {}, True
        if (usage := usage_of(response)) is not None:
            out.append(Count(usage))
        native = response.object("incomplete_details").name("reason") or response.name("status")
        reason: StopReason = "tool_use" if self._calls else "end"
        if response.text("status") == "incomplete":
            reason = "refusal" if native == "content_filter" else "length"
        elif self._refusal and not self._calls:
            reason = "refusal"
        explanation = "".join(self._refusal) or None
        return [*out, Stop(reason, None, explanation, native, response.name("service_tier") or None)]

    def _added(self, at: int, item: Fields) -> list[Delta]:
        if item.text("type") not in ("function_call", "custom_tool_call"):
            return []
        name = item.name("name")
        if not name:
            raise Failure("malformed", "The answer calls a tool without saying which.")
        self._calls += 1
        kind: CallKind = "custom" if item.text("type") == "custom_tool_call" else "function"
        index, begun = self._next, self.start(Fields({}))
        self._next += 1
        self._open[at, 0] = index
        self._given.add((at, 0))
        identity = item.name("call_id") or item.name("id") or self._call_id()
        return [*begun, Open(index, "call", identity, name, kind, item.name("namespace"))]

    def _block(self, at: int, content: int, kind: BlockKind) -> tuple[int, list[Delta]]:
        key = (at, content)
        if key in self._open:
            return self._open[key], []
        index, begun = self._next, self.start(Fields({}))
        self._next += 1
        self._open[key] = index
        self._given.add(key)
        return index, [*begun, Open(index, kind)]

    def _arguments(self, at: int, piece: str) -> list[Delta]:
        if (at, 0) not in self._open:
            raise Failure("malformed", "The stream goes on with a call that it never began.")
        index = self._open[at, 0]
        self._written.setdefault(index, []).append(piece)
        return [ArgumentPiece(index, piece)] if piece else []

    def _reasoned(self, at: int, item: Fields) -> list[Delta]:
        sealed = item.text("encrypted_content")
        out: list[Delta] = []
        if (at, 0) not in self._given:
            said = [part.text("text") for part in item.objects("summary")]
            if not sealed and not any(said):
                return []
            opened, out = self._block(at, 0, "reasoning")
            out += [TextPiece(opened, text, section) for section, text in enumerate(said) if text]
        index = self._open.pop((at, 0), None)
        if index is None:
            return out
        if sealed:
            kept = {name: value for name, value in item.values.items() if name != "status"}
            payload = msgspec.json.encode(kept).decode()
            out.append(Seal(index, Native(provider="openai", kind=_SIGNED_ITEM, payload=payload)))
        return [*out, Close(index)]

    def _said(self, at: int, item: Fields) -> list[Delta]:
        out: list[Delta] = []
        for place, part in enumerate(item.objects("content")):
            key = (at, place)
            if key not in self._given:
                kind: BlockKind = "refusal" if part.text("type") == "refusal" else "text"
                text = part.text("refusal") if kind == "refusal" else part.text("text")
                if kind == "refusal":
                    self._refusal.append(text)
                index, opened = self._block(at, place, kind)
                out += [*opened, *([TextPiece(index, text)] if text else [])]
                for annotation in part.objects("annotations"):
                    out += self._cited(key, annotation)
            if (index_ := self._open.pop(key, None)) is not None:
                out.append(Close(index_))
        out += [Close(self._open.pop(key)) for key in [key for key in self._open if key[0] == at]]
        return out

    def _called(self, at: int, item: Fields) -> list[Delta]:
        out = [] if (at, 0) in self._given else self._added(at, item)
        index = self._open.pop((at, 0), None)
        if index is None:
            return out
        written = "".join(self._written.pop(index, ()))
        if item.text("type") == "custom_tool_call":
            written = msgspec.json.encode({"input": item.text("input")}).decode()
            out.append(ArgumentPiece(index, written))
        elif not written:
            given, value = item.values.get("arguments"), item.value("arguments")
            written = value if isinstance(value, str) else compact(given) if given is not None else ""
            out.append(ArgumentPiece(index, written or "{}"))
            written = written or "{}"
        return [*out, Close(index, cut=not is_object(written.encode()))]

    def _cited(self, key: tuple[int, int], annotation: Fields) -> list[Delta]:
        index = self._open.get(key)
        if index is None or annotation.text("type") != "url_citation" or not annotation.text("url"):
            return []
        start, end = annotation.value("start_index"), annotation.value("end_index")
        citation = Citation(
            url=annotation.text("url"),
            title=annotation.text("title"),
            start=start if isinstance(start, int) else None,
            end=end if isinstance(end, int) else None,
        )
        return [Cite(index, citation)]

    def _call_id(self) -> str:
        seed = f"{self._request_id}:{self._calls}".encode()
        return "call_" + hashlib.blake2b(seed, digest_size=12).hexdigest()


class _Ordered(_Events):
    """The same, one block after the other."""

    def __init__(self, **named: Any) -> None:
        super().__init__(**named)
        self._turn = InTurn()

    def feed(self, piece: bytes) -> list[Delta]:
        """The deltas that these bytes complete."""
        return self._turn.take(super().feed(piece))

    def end(self) -> list[Delta]:
        """What is left once the connection has closed."""
        return self._turn.take(super().end())


def _number(event: Fields, name: str) -> int:
    value = event.value(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


__all__ = ["failure", "failure_in", "read_answer", "reader", "usage_of"]
