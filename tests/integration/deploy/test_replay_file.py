"""Requests that were sent before, in the forms in which people have them."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.local.replay_file import CHAT, MESSAGES, RESPONSES, Line, read
from tests.fake_provider.recorded import key

SAID = [{"role": "user", "content": "Which tide?"}]
BODY = {"model": "gpt-4o", "messages": SAID, "temperature": 0}


def lines(file: Path, *rows: Any) -> list[Line]:
    file.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows))
    return list(read(file))


@pytest.mark.parametrize(
    ("row", "path"),
    [
        (BODY, CHAT),
        ({**BODY, "stream": True, "stream_options": {"include_usage": True}}, CHAT),
        ({"custom_id": "1", "method": "POST", "url": "/v1/chat/completions", "body": BODY}, CHAT),
        ({"request": BODY}, CHAT),
        ({"request": json.dumps(BODY)}, CHAT),
        ({"spend": 0.1, **BODY, "messages": json.dumps(SAID), "api_key": "hashed"}, CHAT),
        ({"call_type": "acompletion", "model": "m", "proxy_server_request": json.dumps({"body": BODY})}, CHAT),
    ],
)
def test_a_request_is_found(tmp_path: Path, row: dict[str, Any], path: str) -> None:
    [line] = lines(tmp_path / "rows", row)
    assert (line.path, dict(line.body), line.why) == (path, BODY, None)


def test_each_api_is_told_from_the_others(tmp_path: Path) -> None:
    found = lines(
        tmp_path / "rows",
        {"model": "claude-opus-5-5", "max_tokens": 9, "system": "s", "messages": SAID},
        {"model": "claude-opus-5-5", "messages": SAID, "tools": [{"name": "t", "input_schema": {}}]},
        {"model": "gpt-4o", "input": "Which tide?"},
        {"url": "/v1/messages", "body": {"model": "claude-opus-5-5", "max_tokens": 9, "messages": SAID}},
    )
    assert [line.path for line in found] == [MESSAGES, MESSAGES, RESPONSES, MESSAGES]


def test_answers_and_their_length_come_along(tmp_path: Path) -> None:
    chat = {"choices": [{"message": {"content": "Low."}}], "usage": {"completion_tokens": 7}}
    message = {"content": [{"type": "text", "text": "Low."}], "usage": {"output_tokens": 8}}
    found = lines(
        tmp_path / "rows",
        {"request": BODY, "response": chat},
        {"request": BODY, "response": json.dumps(message)},
        {"spend": 0, **BODY, "completion_tokens": 9, "response": "{}"},
        {"request": BODY, "response": {"usage": None, "choices": []}},
    )
    assert [(line.content, line.completion_tokens) for line in found] == [
        ("Low.", 7),
        ("Low.", 8),
        (None, 9),
        (None, None),
    ]


def test_what_is_no_request_says_why(tmp_path: Path) -> None:
    found = lines(
        tmp_path / "rows", "", "nonsense", "[1]", {"model": "text-embedding-3-small", "input": "x"}, {"model": 3}
    )
    assert [(line.number, line.why) for line in found] == [
        (2, "no JSON"),
        (3, "no JSON object"),
        (4, "no request with a model and messages"),
        (5, "no request with a model and messages"),
    ]


@given(st.text(max_size=60))
def test_what_was_said_last_has_one_key(text: str) -> None:
    assert key(text) == key(f" {text} ") == key([{"type": "text", "text": text}])
    assert key(text) != key(f"{text}x")
