"""A whole body where a stream was asked for: it comes out as a stream, however its provider laid it out."""

import json
from typing import Any

import pytest

from services.gateway.translate.either import EitherChunks
from services.gateway.translate.openai_openai import OPENAI, OPENAI_COMPATIBLE, OpenAIDialect

USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 1}}
BODY: dict[str, Any] = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1,
    "model": "gpt-4o",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Two\nlines."}, "finish_reason": "stop"}],
    "usage": {**USAGE, "completion_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 5},
    "timings": {"predicted_ms": 12.50},
}


@pytest.mark.parametrize("dialect", [OPENAI, OPENAI_COMPATIBLE])
@pytest.mark.parametrize("indent", [None, 0, 2, "\t"])
@pytest.mark.parametrize("breaks", ["\n", "\r\n", "\r"])
def test_every_chunk_is_one_line(dialect: OpenAIDialect, indent: int | str | None, breaks: str) -> None:
    chunks = EitherChunks(dialect, model="gpt-4o", request_id="req_1", created=1)
    out = [*chunks.feed(json.dumps(BODY, indent=indent).replace("\n", breaks).encode()), *chunks.end()]
    assert all(not {10, 13} & set(chunk) for chunk in out)
    assert out.pop() == b"[DONE]"
    read = [json.loads(chunk) for chunk in out]
    assert (
        "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in read if chunk["choices"]) == "Two\nlines."
    )
    assert {name: read[-1]["usage"][name] for name in USAGE} == USAGE
