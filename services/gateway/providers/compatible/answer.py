"""Answers in OpenAI's chat format, whole and streamed, as neutral ones."""

from typing import Any

import msgspec

from services.gateway.domain.attempts import Failure
from services.gateway.formats.blocks import Answer, Block, Call, Reasoning, StopReason, Text, Usage
from services.gateway.formats.deltas import (
    ArgumentPiece,
    BlockKind,
    Close,
    Count,
    Delta,
    Fail,
    Open,
    Start,
    Stop,
    StreamReader,
    TextPiece,
)
from services.gateway.formats.either import EitherReader
from services.gateway.translate.either import named, whole
from services.gateway.translate.fields import is_object
from services.gateway.translate.openai_answer import read_answer as read_completion
from services.gateway.translate.openai_errors import failure
from services.gateway.translate.openai_openai import OPENAI_COMPATIBLE
from services.gateway.translate.openai_stream import OpenAIStream
from services.gateway.translate.openai_usage import Usage as ChatUsage
from services.gateway.translate.payloads import Payloads

_STOPS: dict[str, StopReason] = {
    "stop": "end",
    "length": "length",
    "tool_calls": "tool_use",
    "function_call": "tool_use",
    "content_filter": "refusal",
}


def usage_of(counted: ChatUsage | None) -> Usage | None:
    """Tokens in classes; None where nothing was counted."""
    if counted is None:
        return None
    found = counted.classes()
    return Usage(
        uncached=found.uncached_input,
        cache_read=found.cache_read,
        cache_write_5m=found.cache_write_5m,
        cache_write_1h=found.cache_write_1h,
        output=found.output_text + found.output_reasoning,
        reasoning=found.output_reasoning,
        estimated=counted.odd,
        rates=counted.rates,
    )


def read_answer(data: bytes, *, model: str, request_id: str, created: int) -> Answer:
    """A whole answer. `Failure` for an error, or for what holds no answer."""
    body = whole(OPENAI_COMPATIBLE, data, model=model, request_id=request_id, created=created).body
    _, found = read_completion(body, otherwise=named(model, request_id, created))
    choice = found.choices[0]
    said, blocks = choice.message, list[Block]()
    if isinstance(said.reasoning_content, str) and said.reasoning_content:
        blocks.append(Reasoning(text=said.reasoning_content))
    if said.content:
        blocks.append(Text(text=said.content))
    if said.refusal:
        blocks.append(Text(text=said.refusal, refusal=True))
    for call in said.tool_calls or ():
        if call.function is not None:
            arguments = msgspec.Raw((call.function.arguments or "{}").encode())
            blocks.append(Call(id=call.id, name=call.function.name, arguments=arguments))
    refused = said.refusal and choice.finish_reason == "stop"
    return Answer(
        id=found.id or "",
        model=found.model or model,
        blocks=tuple(blocks),
        stop="refusal" if refused else _STOPS[choice.finish_reason],
        explanation=said.refusal or None,
        native_stop=choice.finish_reason,
        usage=usage_of(found.counted),
        tier=found.service_tier,
    )


def reader(*, model: str, request_id: str, created: int) -> StreamReader:
    """A reader for one stream."""

    def complete(body: bytes) -> Answer:
        return read_answer(body, model=model, request_id=request_id, created=created)

    return EitherReader(_Chunks(model=model, request_id=request_id, created=created), complete)


class _Chunks:
    """One stream. Its chunks are mended as for a client of the chat API, and then read."""

    def __init__(self, *, model: str, request_id: str, created: int) -> None:
        chunks = OPENAI_COMPATIBLE.chunks(model=model, request_id=request_id, created=created)
        self._stream = OpenAIStream(chunks, wants_usage=True, otherwise=named(model, request_id, created))
        self._payloads = Payloads()
        self._model = model
        self._began = False
        self._over = False
        self._open: dict[tuple[str, int], int] = {}
        self._next = 0
        self._refusal: list[str] = []
        self._arguments: dict[tuple[str, int], list[str]] = {}

    def feed(self, piece: bytes) -> list[Delta]:
        """The deltas that these bytes complete."""
        if self._over:
            return []
        try:
            out = self._take(self._stream.feed(piece))
            return [*out, *self._finish()] if self._stream.done else out
        except Failure as failed:
            return self._fail(failed)

    def end(self) -> list[Delta]:
        """What is left once the connection has closed."""
        if self._over:
            return []
        try:
            out = self._take(self._stream.end())
            if not (self._stream.done or self._stream.complete):
                raise Failure("truncated", "The stream broke off.", billed=self._stream.billed)
        except Failure as failed:
            return self._fail(failed)
        return [*out, *self._finish()]

    def _fail(self, failed: Failure) -> list[Delta]:
        self._over = True
        return [Fail(failed)]

    def _take(self, data: bytes) -> list[Delta]:
        out: list[Delta] = []
        for payload in self._payloads.feed(data):
            if payload != b"[DONE]":
                self._chunk(msgspec.json.decode(payload), out)
        return out

    def _chunk(self, chunk: dict[str, Any], out: list[Delta]) -> None:
        if not self._began:
            self._began = True
            out.append(Start(model=chunk.get("model") or self._model, id=chunk.get("id") or ""))
        for choice in chunk.get("choices") or ():
            if choice.get("index") == 0:
                self._delta(choice.get("delta") or {}, out)

    def _delta(self, delta: dict[str, Any], out: list[Delta]) -> None:
        for name, kind in (("reasoning_content", "reasoning"), ("content", "text"), ("refusal", "refusal")):
            if isinstance(text := delta.get(name), str) and text:
                if kind == "refusal":
                    self._refusal.append(text)
                out.append(TextPiece(self._block(kind, 0, out), text))  # type: ignore[arg-type]
        for call in delta.get("tool_calls") or ():
            function = call.get("function") or {}
            key = ("call", int(call.get("index", 0)))
            if key not in self._open:
                self._close_texts(out)
                self._open[key] = self._next
                out.append(Open(self._next, "call", str(call.get("id") or ""), str(function.get("name") or "")))
                self._next += 1
            if arguments := function.get("arguments"):
                self._arguments.setdefault(key, []).append(arguments)
                out.append(ArgumentPiece(self._open[key], arguments))

    def _block(self, kind: BlockKind, number: int, out: list[Delta]) -> int:
        """The open block of a kind; text ends reasoning, and the other way round."""
        key = (kind, number)
        if key not in self._open:
            self._close_texts(out)
            self._open[key] = self._next
            out.append(Open(self._next, kind, returns=kind != "reasoning"))
            self._next += 1
        return self._open[key]

    def _close_texts(self, out: list[Delta]) -> None:
        keys = [key for key in self._open if key[0] != "call"]
        out += [Close(self._open.pop(key)) for key in keys]

    def _finish(self) -> list[Delta]:
        self._over = True
        out = self._take(self._stream.ending(b"{}"))
        native = self._stream.finish_reasons.get(0) or "stop"
        reason = _STOPS.get(native, "end")
        if reason == "end" and self._refusal:
            reason = "refusal"
        out += [Close(index, cut=key[0] == "call" and not self._complete(key)) for key, index in self._open.items()]
        if (usage := usage_of(self._stream.usage)) is not None:
            out.append(Count(usage))
        explanation = "".join(self._refusal) or None
        return [*out, Stop(reason, None, explanation, native, self._stream.service_tier)]

    def _complete(self, key: tuple[str, int]) -> bool:
        arguments = "".join(self._arguments.get(key, ()))
        return not arguments or is_object(arguments.encode())


__all__ = ["failure", "read_answer", "reader", "usage_of"]
