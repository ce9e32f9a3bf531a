"""How many chunks of an OpenAI stream one core relays: `python -m bench.streams`. In this process, without a network."""

import json
import time
from collections.abc import Iterator

from services.gateway.translate.either import EitherChunks
from services.gateway.translate.openai_openai import OPENAI
from services.gateway.translate.openai_stream import OpenAIStream

_TOKENS = 400
_STREAMS = 50
_READ = 16 << 10  # bytes that the gateway reads at most at once


def stream(*, usage_null: bool, obfuscation: bool) -> list[bytes]:
    """The events of one stream as OpenAI sends them."""

    def chunk(delta: dict[str, str], finish: str | None = None) -> dict[str, object]:
        made: dict[str, object] = {
            "id": "chatcmpl-CkQ2nJ0xV8a7bYzW3fR1tLp9",
            "object": "chat.completion.chunk",
            "created": 1764370000,
            "model": "gpt-4o-2024-08-06",
            "service_tier": "default",
            "system_fingerprint": "fp_b21a4c9e7d",
            "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}],
        }
        made |= {"usage": None} if usage_null else {}
        return made | ({"obfuscation": "aZ3kQ"} if obfuscation else {})

    used = {"prompt_tokens": 12, "completion_tokens": _TOKENS, "total_tokens": 12 + _TOKENS}
    chunks = [
        chunk({"role": "assistant", "content": ""}),
        *(chunk({"content": f" word{n}"}) for n in range(_TOKENS)),
        chunk({}, "stop"),
        {**chunk({}), "choices": [], "usage": used},
    ]
    return [*(f"data: {json.dumps(one, separators=(',', ':'))}\n\n".encode() for one in chunks), b"data: [DONE]\n\n"]


def tool_call_stream() -> list[bytes]:
    """The events of a stream that calls a tool, with a long text as its argument."""
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1764370000, "model": "gpt-4o"}
    begun = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "write", "arguments": '{"text":"'}}
    calls = [begun, *({"index": 0, "function": {"arguments": f" word{n}"}} for n in range(_TOKENS))]
    calls.append({"index": 0, "function": {"arguments": '"}'}})
    deltas: list[tuple[dict[str, object], str | None]] = [({"tool_calls": [call]}, None) for call in calls]
    chunks = [
        {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}
        for delta, finish in [({"role": "assistant", "content": None}, None), *deltas, ({}, "tool_calls")]
    ]
    return [*(f"data: {json.dumps(one, separators=(',', ':'))}\n\n".encode() for one in chunks), b"data: [DONE]\n\n"]


def relayed(pieces: list[bytes]) -> float:
    """CPU seconds for one stream."""
    began = time.process_time()
    for _ in range(_STREAMS):
        chunks = EitherChunks(OPENAI, model="gpt-4o", request_id="req_1", created=1)
        relay = OpenAIStream(chunks, wants_usage=False, otherwise={"id": "chatcmpl-1", "created": 1, "model": "gpt-4o"})
        for piece in pieces:
            relay.feed(piece)
        assert relay.complete
        relay.answer()
        relay.ending(b"{}")
    return (time.process_time() - began) / _STREAMS


def _joined(events: list[bytes]) -> list[bytes]:
    data = b"".join(events)
    return [data[at : at + _READ] for at in range(0, len(data), _READ)]


def _rows() -> Iterator[tuple[str, list[bytes]]]:
    for name, options in (
        ("OpenAI, usage null on every chunk, padding", {"usage_null": True, "obfuscation": True}),
        ("a compatible server", {"usage_null": False, "obfuscation": False}),
    ):
        events = stream(**options)
        yield f"{name}: one event a read", events
        yield f"{name}: reads of 16 KiB", _joined(events)
    yield "a tool call: one event a read", tool_call_stream()


if __name__ == "__main__":
    for name, pieces in _rows():
        seconds = min(relayed(pieces) for _ in range(5))
        print(f"{name}: {_TOKENS / seconds:,.0f} chunks a second")
