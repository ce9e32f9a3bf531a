"""What bodies are accepted, and what the client is told about the others."""

import json
from typing import Any

import pytest

from libs.common.errors import BadRequest
from services.gateway.domain import chat

GOOD: dict[str, Any] = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]}


def body(**changes: Any) -> bytes:
    return json.dumps({**GOOD, **changes}).encode()


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("raw", "named"),
    [
        (b"", "JSON"),
        (b"{", "JSON"),
        (b"[]", "body"),
        (b"null", "body"),
        (b'\xef\xbb\xbf{"model":"m"}', "JSON"),
        ('{"model":"m"}'.encode("utf-16"), "JSON"),
        (body() + b"x", "JSON"),
        (b"[" * 100_000, ""),
        (body(temperature=float("nan")), "JSON"),
        (body().replace(b'"hi"', b"NaN"), "JSON"),
        (b'{"model":"m","messages":[{"role":"user","content":"x"}],"temperature":1e999}', ""),
        (body(max_tokens=0), "max_tokens"),
        (body(max_tokens=-1), "max_tokens"),
        (body(max_tokens=True), "max_tokens"),
        (body(temperature=2.01), "temperature"),
        (body(top_p=1.5), "top_p"),
        (body(presence_penalty=2.1), "presence_penalty"),
        (body(frequency_penalty=-2.1), "frequency_penalty"),
        (body(n=0), "n"),
        (body(n=1000), "n"),
        (json.dumps({"model": "m"}).encode(), "messages"),
        (json.dumps({"messages": GOOD["messages"]}).encode(), "model"),
        (body(messages=[]), "messages"),
        (body(messages=[{"role": "root", "content": "x"}]), "messages[0].role"),
        (body(messages=[{"role": "user", "content": None}]), "messages[0].content"),
        (body(messages=[{"role": "user"}]), "messages[0].content"),
        (body(messages=[{"role": "user", "content": []}]), "messages[0].content"),
        (body(messages=[{"role": "user", "content": 7}]), "messages[0].content"),
        (body(messages=[{"role": "user", "content": "x"}] * 20_001), "messages"),
        (body(stop=["a"] * 5), "stop"),
        (body(stop=""), "stop"),
        (body(stop=["a", ""]), "stop"),
        (body(model=""), "model"),
        (body(model=7), "model"),
        (body(stream="yes"), "stream"),
        (body(user="u" * 1_000_000), "user"),
        (body(metadata=nested(100)), "metadata"),
        (
            body(messages=[{"role": "user", "content": [{"type": "text", "text": "x", "more": nested(100)}]}]),
            "messages",
        ),
    ],
)
def test_a_body_that_cannot_be_served_is_refused_with_its_field(raw: bytes, named: str) -> None:
    with pytest.raises(BadRequest) as caught:
        chat.parse(raw)
    assert named in caught.value.message
    assert len(caught.value.message) < 300


@pytest.mark.parametrize(
    "raw",
    [
        body(),
        body(temperature=0, top_p=1, n=1, stop=["a", "b", "c", "d"], stream=None, unknown={"x": 1}),
        body(
            messages=[
                {"role": "user", "content": "x"},
                {"role": "assistant", "content": None, "tool_calls": [{"id": "c"}]},
            ]
        ),
        body(
            messages=[
                {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://example.com/y.png"}}]}
            ]
        ),
        body(messages=[{"role": "developer", "content": "d", "name": "n", "new_field": [1]}]),
        body(metadata=nested(60)),
        body(messages=[{"role": "user", "content": "[" * 500 + '"' + "{" * 500}]),
    ],
)
def test_a_body_that_can_be_served_is_kept_whole(raw: bytes) -> None:
    request = chat.parse(raw)
    assert {name: json.loads(bytes(value)) for name, value in request.raw.items()} == json.loads(raw)


def test_megabytes_of_text_beside_many_brackets_are_read_in_one_step() -> None:
    text = "a\\" * 3_000_000
    messages = [{"role": "user", "content": text}, {"role": "user", "content": [{"type": "text", "text": "x"}] * 70}]
    assert chat.parse(body(messages=messages)).prompt


def test_the_prompt_is_the_newest_user_turn() -> None:
    request = chat.parse(
        body(
            messages=[
                {"role": "user", "content": "first"},
                {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
                {"role": "assistant", "content": "c"},
            ]
        )
    )
    assert request.prompt == "a\nb"
    assert request.last_user is None
