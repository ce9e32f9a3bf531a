"""A hit gives back all that the answer had, whichever way it was asked for then and now."""

import json
from typing import Any

import pytest

from services.gateway.translate.openai_openai import OpenAIChunks
from services.gateway.translate.openai_replay import replay
from services.gateway.translate.openai_stream import OpenAIStream
from services.gateway.translate.sse import DONE, SseParser, event

TOKENS = [{"token": token, "logprob": -0.01, "bytes": [80], "top_logprobs": []} for token in ("Pa", "ris")]
CITED = {"type": "url_citation", "url_citation": {"url": "https://x/y", "title": "Y", "start_index": 0, "end_index": 3}}
IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
THOUGHT = {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"}
CALL = {
    "id": "call_1",
    "type": "function",
    "function": {"name": "f", "arguments": "{}"},
    "extra_content": {"google": {"thought_signature": "c2ln"}},
}

MESSAGES: list[dict[str, Any]] = [
    {"content": "Paris"},
    {"content": "Paris", "annotations": [CITED, {**CITED, "type": "file_citation"}]},
    {"content": "Here.", "images": [IMAGE]},
    {"content": "Paris", "reasoning_content": "Hm.", "thinking_blocks": [THOUGHT]},
    {"content": "Paris", "reasoning": "Hm. Well."},
    {"content": None, "refusal": "No."},
    {"content": None, "tool_calls": [CALL, {**CALL, "id": "call_2"}]},
]
AROUND: list[dict[str, Any]] = [
    {},
    {"citations": ["https://x/y"], "search_results": [{"title": "Y"}]},
    {"system_fingerprint": "fp_1", "service_tier": "default", "provider": "Somebody"},
]


def answer(message: dict[str, Any], around: dict[str, Any], **choice: Any) -> dict[str, Any]:
    made = {
        "index": 0,
        "message": {"role": "assistant", "refusal": None, **message},
        "logprobs": None,
        "finish_reason": "stop",
    }
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1760000000,
        "model": "gpt-4o",
        "choices": [{**made, **choice}],
        "usage": {"prompt_tokens": 4, "completion_tokens": 2, "total_tokens": 6},
        **around,
    }


def read(stream: bytes) -> OpenAIStream:
    relay = OpenAIStream(OpenAIChunks(), wants_usage=True)
    relay.feed(stream)
    assert relay.complete
    return relay


@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize("message", MESSAGES)
@pytest.mark.parametrize("logprobs", [None, {"content": TOKENS, "refusal": None}])
def test_a_plain_answer_that_is_streamed_says_all_of_it(
    message: dict[str, Any], around: dict[str, Any], logprobs: dict[str, Any] | None
) -> None:
    """Read by what reads every provider's streams, which puts the same answer together again."""
    kept = answer(message, around, logprobs=logprobs, content_filter_results={"hate": {"filtered": False}})
    relay = read(replay(kept, kept["usage"], b"{}", wants_usage=True))
    assert relay.storable
    again = relay.answer()
    again.pop("promptly_metadata", None)
    assert again == kept


def test_logprobs_are_said_once_and_with_the_text() -> None:
    kept = answer({"content": "Paris"}, {}, logprobs={"content": TOKENS, "refusal": None})
    chunks = [
        json.loads(data) for data in SseParser().feed(replay(kept, None, b"{}", wants_usage=False)) if data != b"[DONE]"
    ]
    told = [chunk["choices"][0] for chunk in chunks if chunk["choices"][0]["logprobs"]]
    assert [choice["delta"] for choice in told] == [{"content": "Paris"}]


def chunk(delta: dict[str, Any], **choice: Any) -> dict[str, Any]:
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "gpt-4o",
        "choices": [{"index": 0, "delta": delta, **choice}],
    }


def streamed(*chunks: dict[str, Any]) -> OpenAIStream:
    ends = [
        chunk({}, finish_reason="stop"),
        {**chunk({}), "choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 1}},
    ]
    return read(b"".join(event(json.dumps(one).encode()) for one in (*chunks, *ends)) + DONE)


def test_a_stream_that_is_stored_keeps_the_pieces_in_their_order() -> None:
    relay = streamed(
        {**chunk({"role": "assistant", "content": "Pa"}, logprobs={"content": TOKENS[:1]}), "obfuscation": "xyz"},
        {**chunk({"content": "ris"}, logprobs={"content": TOKENS[1:]}), "citations": ["https://x/y"]},
        chunk({"annotations": [CITED]}),
        chunk({"images": [{"index": 0, **IMAGE}]}),
        chunk({"tool_calls": [{"index": 0, **CALL}]}),
    )
    kept = relay.answer()
    message = kept["choices"][0]["message"]
    assert relay.storable
    assert message["content"] == "Paris"
    assert kept["choices"][0]["logprobs"]["content"] == TOKENS
    assert (message["annotations"], message["images"], message["tool_calls"]) == ([CITED], [IMAGE], [CALL])
    assert kept["citations"] == ["https://x/y"]
    assert "obfuscation" not in kept


@pytest.mark.parametrize(
    "said",
    [
        chunk({"audio": {"id": "a", "data": "AA=="}}),
        chunk({"reasoning_details": [{"type": "reasoning.encrypted", "data": "x"}]}),
        chunk({"brand_new": 1}),
        chunk({"tool_calls": [{"index": 0, "id": "c", "function": {"name": "f"}, "brand_new": 1}]}),
        chunk({"content": "x"}, token_ids=[1, 2]),
        chunk({"content": "x"}, logprobs=[1]),
    ],
)
def test_what_cannot_be_put_together_is_not_stored(said: dict[str, Any]) -> None:
    assert not streamed(said).storable
