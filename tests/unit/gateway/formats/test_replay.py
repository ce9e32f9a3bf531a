"""Stored answers once more: every hit has ids of its own, and says what the first answer said."""

import json
from typing import Any

from services.gateway.endpoints.generate import replay as generate_replay
from services.gateway.endpoints.generate.answer import GenerateWriting, generated
from services.gateway.endpoints.messages import replay as messages_replay
from services.gateway.endpoints.messages.answer import MessageWriting, message
from services.gateway.endpoints.responses import replay as responses_replay
from services.gateway.endpoints.responses.answer import response
from services.gateway.formats.blocks import Call
from services.gateway.formats.deltas import read_whole
from services.gateway.providers.anthropic import answer as anthropic
from tests.unit.gateway.formats.streams import (
    ANTHROPIC,
    TEXT,
    THINKING,
    TOOL,
    anthropic_reader,
    events,
    message_stream,
    openai_reader,
    sealer,
)
from tests.unit.gateway.formats.test_streams_to_messages import check as check_messages
from tests.unit.gateway.formats.test_streams_to_responses import check as check_responses
from tests.unit.gateway.formats.test_streams_to_responses import writing

ANSWER = read_whole(anthropic_reader(), message_stream(THINKING, TEXT, TOOL, stop="tool_use"))


def test_a_message() -> None:
    named = MessageWriting(message_id="msg_old", thinking=True, sealer=sealer(ANTHROPIC))
    body = message(ANSWER, named)
    assert json.loads(messages_replay.renewed(body, "msg_new")) == {**json.loads(body), "id": "msg_new"}
    stream = messages_replay.events_of(messages_replay.renewed(body, "msg_new"))
    found = events(stream)
    check_messages(found)
    assert found[0]["message"]["id"] == "msg_new"
    again = anthropic.reader(model="m", request_id="r")
    first = anthropic.read_answer(body, model="m", request_id="r")
    whole = read_whole(again, stream)
    assert whole.blocks[:2] == first.blocks[:2]
    call, made = whole.blocks[2], first.blocks[2]
    assert isinstance(call, Call)
    assert isinstance(made, Call)
    assert (call.id, call.name, json.loads(bytes(call.arguments))) == (made.id, made.name, {"city": "Porto"})
    assert (whole.stop, whole.usage) == (first.stop, first.usage)


def test_blocks_that_only_anthropic_knows() -> None:
    cited: dict[str, Any] = {
        "type": "web_search_result_location",
        "url": "u",
        "title": "t",
        "cited_text": "c",
        "encrypted_index": "e",
    }
    content = [
        {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"query": "q"}},
        {"type": "redacted_thinking", "data": "d"},
        {"type": "text", "text": "a" * 9000, "citations": [cited]},
    ]
    body = {
        "id": "m",
        "type": "message",
        "role": "assistant",
        "model": "c",
        "content": content,
        "usage": {"input_tokens": 1},
    }
    found = events(messages_replay.events_of(json.dumps({**body, "stop_reason": "end_turn"}).encode()))
    starts = [event["content_block"] for event in found if event["type"] == "content_block_start"]
    assert starts[1] == content[1]
    assert sum(len(event["delta"].get("text", "")) for event in found if event["type"] == "content_block_delta") == 9000
    assert any(event.get("delta", {}).get("citation") == cited for event in found)


def test_a_response() -> None:
    body = response(ANSWER, writing(sealer=sealer(ANTHROPIC)))
    whole = json.loads(responses_replay.renewed(body, "resp_new", {}, store=True))
    old = json.loads(body)
    assert [item["id"] for item in whole["output"]] == ["rs_new_0", "msg_new_1", "fc_new_2"]
    assert [item.get("call_id") for item in whole["output"]] == [item.get("call_id") for item in old["output"]]
    assert whole["store"] is True
    stream = responses_replay.events_of(responses_replay.renewed(body, "resp_new", {}, store=True))
    found = check_responses(stream, "resp_new")
    assert found[-1]["response"] == whole
    again = read_whole(openai_reader(), stream)
    assert [type(block) for block in again.blocks] == [type(block) for block in ANSWER.blocks]


def test_an_answer_of_geminis() -> None:
    body = generated(ANSWER, GenerateWriting(response_id="old", model="m"))
    expected = {**json.loads(body), "responseId": "new"}
    assert json.loads(generate_replay.renewed(body, "new")) == expected
    renewed = generate_replay.renewed(body, "new")
    assert json.loads(generate_replay.events_of(renewed, listed=True)) == [expected]
    stream = generate_replay.events_of(renewed, listed=False)
    assert json.loads(stream.removeprefix(b"data: ")) == expected
