"""Anthropic's answers, whole and streamed, as neutral ones; and what is read of a stream that is forwarded."""

import hashlib
from typing import Any

import msgspec

from services.gateway.domain.attempts import Failure
from services.gateway.formats.blocks import Answer, Citation, Native, StopReason, Usage
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
    StreamReader,
    TextPiece,
    collect,
)
from services.gateway.formats.either import EitherReader, whole_answer
from services.gateway.translate.anthropic_wire import (
    Counts,
    Error,
    arguments,
    counts_of,
    error_of,
    failed,
    failure,
    tier_of,
)
from services.gateway.translate.fields import (
    Fields,
    as_text,
    compact,
    is_object,
    raw,
    read_object,
    too_many_parts,
    whole_text,
)
from services.gateway.translate.payloads import Payloads, heartbeat

_STOPS: dict[str, StopReason] = {
    "end_turn": "end",
    "stop_sequence": "stop_sequence",
    "tool_use": "tool_use",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "compaction": "length",
    "pause_turn": "pause",
    "refusal": "refusal",
}
_UNREADABLE = "The answer is not a message of Anthropic's."


def read_answer(data: bytes, *, model: str, request_id: str) -> Answer:
    """A whole answer. `Failure` for an error, or for what is no message; `request_id` seeds ids that are missing."""
    return whole_answer(
        data,
        lambda body: _whole(body, model=model, request_id=request_id),
        lambda: _Events(model=model, request_id=request_id),
    )


def reader(*, model: str, request_id: str) -> StreamReader:
    """A reader for one stream."""
    events = _Events(model=model, request_id=request_id)
    return EitherReader(events, lambda body: _whole(body, model=model, request_id=request_id))


def stop_of(native: str | None, *, called: bool) -> StopReason:
    """Why an answer ended."""
    return _STOPS.get(native or "", "tool_use" if called else "end")


def usage_of(counts: Counts) -> Usage | None:
    """Tokens in classes; None where nothing was counted."""
    billed = counts.billed
    if billed is None:
        return None
    return Usage(
        uncached=billed.uncached_input,
        cache_read=billed.cache_read,
        cache_write_5m=billed.cache_write_5m,
        cache_write_1h=billed.cache_write_1h,
        output=counts.output,
        reasoning=billed.output_reasoning,
        estimated=counts.odd,
        rates=counts.rates,
    )


def _whole(data: bytes, *, model: str, request_id: str) -> Answer:
    data = whole_text(data)
    message = read_object(data)
    if message is None or too_many_parts(data):
        raise Failure("malformed", _UNREADABLE)
    if message.text("type") == "error" or ("content" not in message.values and error_of(message) is not None):
        raise failed(error_of(message) or Error())
    try:
        return _message(message, model=model, request_id=request_id)
    except Failure as failure_:
        failure_.billed = counts_of(message.object("usage")).billed
        raise


def _message(message: Fields, *, model: str, request_id: str) -> Answer:
    stop = message.name("stop_reason") or None
    blocks = message.objects("content")
    if isinstance(said := message.value("content"), str):
        blocks = [Fields({"type": raw("text"), "text": raw(said)})] if said else []
    events = _Events(model=model, request_id=request_id)
    deltas = events.start(message)
    for at, block in enumerate(blocks):
        deltas += events.open(at, block)
        deltas += events.close(at)
    if stop is None and not any(map(_says_something, deltas)):
        raise Failure("malformed", _UNREADABLE)
    delta = {name: message.value(name) for name in ("stop_reason", "stop_sequence", "stop_details")}
    events.near_end(Fields({"delta": raw(delta)}))
    return collect([*deltas, *events.stop()])


def _says_something(delta: Delta) -> bool:
    """Whether there is more to an answer than that it began, and texts of nothing."""
    return delta.kind != "text" if isinstance(delta, Open) else not isinstance(delta, Start | Close)


class _Block:
    """An open block."""

    def __init__(self, kind: str, block: Fields) -> None:
        self.kind = kind
        self.block = block
        self.pieces: dict[str, list[str]] = {"thinking": [], "signature": []}
        self.arguments: list[str] = []


class _Events:
    """One stream of Anthropic's."""

    def __init__(self, *, model: str, request_id: str) -> None:
        self._model = model
        self._request_id = request_id
        self._payloads = Payloads()
        self._open: dict[int, _Block] = {}
        self._counts = Counts()
        self._began = False
        self._done = False
        self._called = 0
        self._stop: tuple[str | None, str | None, str | None] = (None, None, None)
        self._tier: str | None = None

    def feed(self, piece: bytes) -> list[Delta]:
        """The deltas that these bytes complete."""
        try:
            payloads = self._payloads.feed(piece)
        except Failure as failure_:
            return self._fail(failure_)
        return self._take_all(payloads)

    def end(self) -> list[Delta]:
        """What is left once the connection has closed."""
        deltas = self._take_all(self._payloads.end())
        if self._done:
            return deltas
        if self._stop[0] is None:
            return [*deltas, *self._fail(Failure("truncated", "The stream ended before the message did."))]
        return [*deltas, *self.stop()]

    def _take_all(self, payloads: list[bytes]) -> list[Delta]:
        out: list[Delta] = []
        for data in payloads:
            if self._done:
                break
            try:
                out += self._take(data)
            except Failure as failure_:
                out += self._fail(failure_)
        return out

    def _fail(self, failure_: Failure) -> list[Delta]:
        if self._done:
            return []
        self._done = True
        failure_.billed = failure_.billed or self._counts.billed
        return [Fail(failure_)]

    def _take(self, data: bytes) -> list[Delta]:
        found = read_object(data)
        if found is None:
            if heartbeat(data):
                return []
            raise Failure("malformed", "The stream holds something that is not one of Anthropic's events.")
        match found.text("type"):
            case "message_start":
                return self.start(found.object("message"))
            case "content_block_start":
                return self._begin(found)
            case "content_block_delta":
                return self._grow(found, found.object("delta"))
            case "content_block_stop":
                return self.close(self._index(found))
            case "message_delta":
                return self.near_end(found)
            case "message_stop" if not self._began:
                raise Failure("malformed", "The stream ends before it has begun.")
            case "message_stop":
                return self.stop()
            case "error":
                raise failed(error_of(found) or Error())
            case "" if (error := error_of(found)) is not None:
                raise failed(error)
        return []

    def start(self, message: Fields) -> list[Delta]:
        """The message begins."""
        self._count(message.object("usage"))
        if self._began:
            return []
        self._began = True
        served = message.name("model") or self._model
        return [Start(model=served, id=message.name("id"), usage=usage_of(self._counts))]

    def open(self, index: int, block: Fields) -> list[Delta]:
        """A block begins, perhaps with something in it."""
        begun = [] if self._began else self.start(Fields({}))
        kind = block.text("type")
        state = self._open[index] = _Block(kind, block)
        match kind:
            case "text":
                said = block.text("text")
                cited = [Cite(index, one) for found in block.objects("citations") if (one := _citation(found))]
                return [*begun, Open(index, "text"), *([TextPiece(index, said)] if said else []), *cited]
            case "thinking":
                for name, pieces in state.pieces.items():
                    pieces.append(block.text(name))
                said = block.text("thinking")
                return [*begun, Open(index, "reasoning"), *([TextPiece(index, said)] if said else [])]
            case "redacted_thinking":
                return [*begun, Open(index, "reasoning")]
            case "tool_use":
                self._called += 1
                name = block.name("name")
                if not name:
                    raise Failure("malformed", "The answer calls a tool without saying which.")
                return [*begun, Open(index, "call", block.name("id") or self._call_id(), name)]
        return begun

    def close(self, index: int) -> list[Delta]:
        """A block is complete."""
        state = self._open.pop(index, None)
        if state is None:
            return []
        match state.kind:
            case "text":
                return [Close(index)]
            case "thinking" | "redacted_thinking":
                return [
                    Seal(index, Native(provider="anthropic", kind="thinking", payload=_thought(state))),
                    Close(index),
                ]
            case "tool_use":
                if state.arguments:
                    return [Close(index, cut=not is_object("".join(state.arguments).encode()))]
                return [ArgumentPiece(index, arguments(state.block)), Close(index)]
        return []

    def near_end(self, event: Fields) -> list[Delta]:
        """Why the message ends, and what it cost."""
        delta = event.object("delta")
        reason, sequence, explanation = self._stop
        self._stop = (
            delta.name("stop_reason") or reason,
            delta.text("stop_sequence") or sequence,
            delta.object("stop_details").text("explanation") or explanation,
        )
        self._count(event.object("usage"))
        usage = usage_of(self._counts)
        return [] if usage is None else [Count(usage)]

    def stop(self) -> list[Delta]:
        """The message is over."""
        self._done = True
        open_blocks = sorted(self._open)
        closed: list[Delta] = [delta for index in open_blocks for delta in self.close(index)]
        native, sequence, explanation = self._stop
        reason = stop_of(native, called=self._called > 0)
        return [*closed, Stop(reason, sequence, explanation, native, self._tier)]

    def _begin(self, event: Fields) -> list[Delta]:
        index = event.value("index")
        if not isinstance(index, int) or isinstance(index, bool):
            index = max(self._open, default=-1) + 1
        closed = self.close(index) if index in self._open else []
        return [*closed, *self.open(index, event.object("content_block"))]

    def _grow(self, event: Fields, delta: Fields) -> list[Delta]:
        index, kind = self._index(event), delta.text("type")
        opened: list[Delta] = []
        if index not in self._open:
            began = {"text_delta": "text", "thinking_delta": "thinking"}.get(kind)
            if began is None:
                if kind == "input_json_delta":
                    raise Failure("malformed", "The stream goes on with a block that it never began.")
                return []
            opened = self.open(index, Fields({"type": raw(began)}))
        state = self._open[index]
        match kind, state.kind:
            case "text_delta", "text" if said := delta.text("text"):
                return [*opened, TextPiece(index, said)]
            case "thinking_delta", "thinking" if said := delta.text("thinking"):
                state.pieces["thinking"].append(said)
                return [*opened, TextPiece(index, said)]
            case "signature_delta", "thinking":
                state.pieces["signature"].append(delta.text("signature"))
            case "input_json_delta", "tool_use" if said := _input(delta):
                state.arguments.append(said)
                return [ArgumentPiece(index, said)]
            case "citations_delta", "text" if (one := _citation(delta.object("citation"))) is not None:
                return [Cite(index, one)]
        return opened

    def _index(self, event: Fields) -> int:
        index = event.value("index")
        if isinstance(index, int) and not isinstance(index, bool):
            return index
        return max(self._open, default=0)

    def _call_id(self) -> str:
        seed = f"{self._request_id}:{self._called}".encode()
        return "toolu_" + hashlib.blake2b(seed, digest_size=12).hexdigest()

    def _count(self, usage: Fields) -> None:
        if not usage.values:
            return
        self._tier = tier_of(usage) or self._tier
        self._counts = merged(self._counts, usage)


def merged(before: Counts, usage: Fields) -> Counts:
    """Running totals: each event's replace what was counted, and never add to it. The last count of the output holds."""
    said = counts_of(usage)
    counts = said.at_least(before)
    return msgspec.structs.replace(counts, output=said.output) if "output_tokens" in usage.values else counts


def _input(delta: Fields) -> str:
    """A piece of JSON, or an object where a server gives all of it as one."""
    given, value = delta.values.get("partial_json"), delta.value("partial_json")
    return compact(given) if given is not None and isinstance(value, dict) else as_text(value)


def _thought(state: _Block) -> str:
    """A block of thinking as it has to come back."""
    block: dict[str, Any] = {name: state.block.value(name) for name in state.block.values}
    if state.kind == "thinking":
        block |= {name: "".join(pieces) for name, pieces in state.pieces.items()}
    return msgspec.json.encode(block).decode()


def _citation(found: Fields) -> Citation | None:
    url = found.text("url")
    return Citation(url=url, title=found.text("title")) if url else None


__all__ = ["failure", "merged", "read_answer", "reader", "stop_of", "usage_of"]
