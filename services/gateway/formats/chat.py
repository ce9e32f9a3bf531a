"""Neutral answers in the chat format: whole, and as a stream's chunks."""

from typing import Any

import msgspec

from services.gateway.domain.attempts import Failure
from services.gateway.domain.turns import Kept
from services.gateway.formats.blocks import Answer, StopReason, Usage
from services.gateway.formats.deltas import (
    ArgumentPiece,
    Count,
    Delta,
    Fail,
    Open,
    Seal,
    Start,
    Stop,
    StreamReader,
    TextPiece,
    pieces_of,
)
from services.gateway.translate.dialect import Whole
from services.gateway.translate.openai_usage import ESTIMATED

_FINISH: dict[StopReason, str] = {
    "end": "stop",
    "stop_sequence": "stop",
    "tool_use": "tool_calls",
    "length": "length",
    "pause": "length",
    "refusal": "content_filter",
}
_SAID = {"text": "content", "refusal": "refusal", "reasoning": "reasoning_content"}
_RATES = {"speed": "speed", "geo": "inference_geo"}
_MESSAGE = "msg_"


class ChatChunks:
    """A stream that is read as deltas, as chunks; see `Chunks`. Calls are counted apart from the blocks."""

    def __init__(self, reader: StreamReader, *, model: str, request_id: str, created: int) -> None:
        self.kept: dict[str, Kept] = {}
        self._reader = reader
        self._deltas = _ChatDeltas(model, self.kept)
        self._named = (request_id, created)
        self._head: dict[str, Any] = {}
        self._failure: Failure | None = None

    @property
    def counted(self) -> dict[str, Any] | None:
        """What was counted so far."""
        return chat_usage(self._deltas.usage)

    @property
    def idle(self) -> bool:
        """The provider's events are not OpenAI's."""
        return False

    def feed(self, piece: bytes) -> list[bytes]:
        """The chunks that these bytes complete. A failure is raised only once the chunks before it have been given out."""
        chunks = [] if self._failure is not None else self._take(self._reader.feed(piece))
        if self._failure is not None and not chunks:
            raise self._failure
        return chunks

    def end(self) -> list[bytes]:
        """What is left once the connection has closed."""
        chunks = [] if self._failure is not None else self._take(self._reader.end())
        if self._failure is not None:
            raise self._failure
        return chunks

    def _take(self, deltas: list[Delta]) -> list[bytes]:
        chunks: list[bytes] = []
        for delta in deltas:
            match delta:
                case Fail(failure=failure):
                    self._failure = failure
                    break
                case Start():
                    self._head = _head(delta, *self._named)
                    self._deltas.take(delta)
                    chunks.append(self._chunk({"role": "assistant", "content": ""}))
                case Stop():
                    chunks += self._stop(delta)
                case _ if (said := self._deltas.take(delta)) is not None:
                    chunks.append(self._chunk(said))
        return chunks

    def _stop(self, stop: Stop) -> list[bytes]:
        explained = stop.reason == "refusal" and stop.explanation
        chunks = [self._chunk({"refusal": stop.explanation})] if explained else []
        chunks.append(self._chunk({}, **_ending(stop.reason, stop.native)))
        if (usage := self.counted) is not None:
            chunks.append(msgspec.json.encode({**self._head, **_served(stop.tier), "choices": [], "usage": usage}))
        return [*chunks, b"[DONE]"]

    def _chunk(self, delta: dict[str, Any], **end: str | None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": None, **end}
        return msgspec.json.encode({**self._head, "choices": [choice]})


class _ChatDeltas:
    """What each delta says in the chat format, and what is to be kept of the calls."""

    def __init__(self, model: str, kept: dict[str, Kept]) -> None:
        self.usage: Usage | None = None
        self._model = model
        self._kept = kept
        self._fields: dict[int, str] = {}
        self._calls: dict[int, int] = {}
        # One list for the whole answer: calls that came before a block of thinking are kept with it all the same.
        self._thinking: list[dict[str, Any]] = []

    def take(self, delta: Delta) -> dict[str, Any] | None:
        """None: nothing that this format has a place for."""
        match delta:
            case Start(usage=usage) | Count(usage=usage):
                self.usage = usage or self.usage
            case Open(kind="call", index=index, id=identity, name=name):
                self._calls[index] = len(self._calls)
                self._kept[identity] = Kept(served_model=self._model, blocks=self._thinking)
                return self._call(index, {"name": name, "arguments": ""}, id=identity, type="function")
            case Open(index=index, kind=kind):
                self._fields[index] = _SAID[kind]
            case TextPiece(index=index, text=text):
                return {self._fields[index]: text}
            case ArgumentPiece(index=index, json=json):
                return self._call(index, {"arguments": json})
            case Seal(native=native) if native.kind == "thinking":
                self._thinking.append(msgspec.json.decode(native.payload))
                # Clients put lists of a stream together by their index.
                return {"thinking_blocks": [{"index": len(self._thinking) - 1, **self._thinking[-1]}]}
            case _:
                pass
        return None

    def _call(self, index: int, function: dict[str, str], **more: str) -> dict[str, Any]:
        return {"tool_calls": [{"index": self._calls[index], **more, "function": function}]}


def completion(answer: Answer, *, model: str, request_id: str, created: int) -> Whole:
    """A whole answer. `model` is the one that was called, as calls are kept under it."""
    kept: dict[str, Kept] = {}
    deltas = _ChatDeltas(model, kept)
    texts: dict[str, list[str]] = {"content": []}
    calls: list[dict[str, Any]] = []
    thinking: list[dict[str, Any]] = []
    for delta in pieces_of(answer):
        for name, said in (deltas.take(delta) or {}).items():
            if name == "tool_calls":
                _add(calls, said[0])
            elif name == "thinking_blocks":
                thinking.append({field: value for field, value in said[0].items() if field != "index"})
            else:
                texts.setdefault(name, []).append(said)
    said = {name: "".join(pieces) for name, pieces in texts.items()}
    message: dict[str, Any] = {"role": "assistant", "content": said.pop("content"), "refusal": None, **said}
    if calls:
        message |= {"tool_calls": calls, "content": message["content"] or None}
    if thinking:
        message["thinking_blocks"] = thinking
    if answer.stop == "refusal" and answer.explanation:
        message["refusal"] = answer.explanation
    choice = {"index": 0, "message": message, "logprobs": None, **_ending(answer.stop, answer.native_stop)}
    start = Start(model=answer.model, id=answer.id)
    found = {**_head(start, request_id, created), "object": "chat.completion", "choices": [choice]}
    if (usage := chat_usage(answer.usage)) is not None:
        found["usage"] = usage
    return Whole(body=msgspec.json.encode(found | _served(answer.tier)), kept=kept)


def chat_usage(usage: Usage | None) -> dict[str, Any] | None:
    """OpenAI's usage object, whose prompt tokens include the cache's; None where nothing was counted."""
    if usage is None:
        return None
    found: dict[str, Any] = {
        "prompt_tokens": usage.input,
        "completion_tokens": usage.output,
        "total_tokens": usage.input + usage.output,
        "prompt_tokens_details": {
            "cached_tokens": usage.cache_read,
            "cache_write_tokens": usage.cache_write,
            "cache_write_1h_tokens": usage.cache_write_1h,
        },
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning},
    }
    if usage.estimated:
        found[ESTIMATED] = True
    rates = (rate.partition(":") for rate in usage.rates)
    return found | {_RATES[kind]: value for kind, _, value in rates}


def _add(calls: list[dict[str, Any]], piece: dict[str, Any]) -> None:
    if "id" in piece:
        calls.append({name: value for name, value in piece.items() if name != "index"})
    else:
        calls[piece["index"]]["function"]["arguments"] += piece["function"]["arguments"]


def _head(start: Start, request_id: str, created: int) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{start.id.removeprefix(_MESSAGE) or request_id}",
        "object": "chat.completion.chunk",
        "created": created,
        "model": start.model,
    }


def _ending(reason: StopReason, native: str | None) -> dict[str, str | None]:
    return {"finish_reason": _FINISH[reason], "native_finish_reason": native}


def _served(tier: str | None) -> dict[str, str]:
    return {"service_tier": tier} if tier else {}
