"""One conversation, begun with one provider, gone on with by another, and finished by the first: nothing of it is lost."""

import base64
import itertools
import json
from typing import Any

import pytest

from tests.fake_provider.script import Step
from tests.fixtures.gateway import Stack
from tests.fixtures.three_providers import MODELS, OLDER, PAIRS, ask, calls_sent, results_sent, texts_sent

IMAGE = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(range(64))).decode()
SYSTEM = "You are a harbour master. Answer in JSON."
QUESTION = "Which ships are on this picture, and may they moor at the «north quay» tonight?"
LOOK = "Two ships: I look them up. 🚢"
NEXT = "And tomorrow night?"
ANSWER = '{"may_moor": true, "why": "Both are under 9 m."}'
ASK: list[Any] = [
    {"role": "system", "content": SYSTEM},
    {
        "role": "user",
        "content": [
            {"type": "text", "text": QUESTION},
            {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{IMAGE}", "detail": "high"}},
        ],
    },
]
CALLED = [
    ("ship_size", {"name": "Ærø", "unit": "m"}),
    ("quay_free", {"quay": "north", "hours": [20.5, 6], "strict": True}),
]
CALLS = [
    {"id": f"call_{at}", "type": "function", "function": {"name": name, "arguments": json.dumps(args)}}
    for at, (name, args) in enumerate(CALLED)
]
RESULTS = ('{"length": 8.70, "draught": null}', "The north quay is free until 06:00 — «book» soon.")
SHIP = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "unit": {"type": "string", "enum": ["m", "ft"]}},
    "required": ["name", "unit"],
    "additionalProperties": False,
}
QUAY = {
    "type": "object",
    "properties": {
        "quay": {"type": "string"},
        "hours": {"type": "array", "items": {"type": "number", "minimum": 0, "maximum": 24}, "maxItems": 2},
        "strict": {"type": ["boolean", "null"]},
    },
    "required": ["quay"],
}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"may_moor": {"type": "boolean"}, "why": {"anyOf": [{"type": "string"}, {"type": "null"}]}},
    "required": ["may_moor", "why"],
    "additionalProperties": False,
}
ASKED: dict[str, Any] = {
    "tools": [
        {"type": "function", "function": {"name": "ship_size", "parameters": SHIP, "strict": True}},
        {"type": "function", "function": {"name": "quay_free", "description": "Is it?", "parameters": QUAY}},
    ],
    "response_format": {"type": "json_schema", "json_schema": {"name": "mooring", "schema": SCHEMA, "strict": True}},
    "max_tokens": 900,
}


def check_body(stack: Stack, provider: str, texts: tuple[str, ...], *, called: bool) -> None:
    """Everything that was said stands in the body that this provider got last, and the answer's form is asked for."""
    body = stack.provider.ledger[-1]["body"]
    found = texts_sent(body)
    for text in (SYSTEM, QUESTION, *texts):
        assert sum(text in one for one in found) == 1, f"{text} is there, and once"
    assert sum(IMAGE in one for one in found) == 1
    calls, results = calls_sent(provider, body), results_sent(provider, body)
    assert [(name, args) for _, name, args in calls] == (CALLED if called else [])
    assert [identity for identity, _ in results] == [identity for identity, *_ in calls]
    for (_, got), sent in zip(results, RESULTS, strict=False):
        assert got == sent or json.loads(got) == json.loads(sent)
    form: Any = {
        "openai": lambda: body["response_format"]["json_schema"]["schema"],
        "anthropic": lambda: body["output_config"]["format"]["schema"],
        "google": lambda: body["generationConfig"]["responseJsonSchema"],
    }[provider]()
    assert form["properties"].keys() == SCHEMA["properties"].keys()


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("first", "then"), PAIRS)
async def test_a_conversation_changes_hands_whole(three: Stack, first: str, then: str, stream: bool) -> None:
    for models, others, fields in itertools.product((MODELS, OLDER), (MODELS, OLDER), ("message", "standard")):
        began, goes_on = models[first], others[then]
        three.provider.script.add(began, [Step(content=LOOK, tool_calls=CALLS, thinking="The picture shows two.")])
        said = await ask(three, began, ASK, stream=stream, **ASKED)
        assert (said.text, said.called, said.finish) == (LOOK, CALLED, "tool_calls")
        check_body(three, first, (), called=False)
        results = [
            {"role": "tool", "tool_call_id": call["id"], "content": result}
            for call, result in zip(said.calls, RESULTS, strict=True)
        ]
        history = [*ASK, getattr(said, fields), *results]
        three.provider.script.add(goes_on, [Step(content=ANSWER, thinking="Both are small.")])
        second = await ask(three, goes_on, history, stream=stream, **ASKED)
        assert (second.text, second.finish) == (ANSWER, "stop")
        check_body(three, then, (LOOK,), called=True)
        history += [getattr(second, fields), {"role": "user", "content": NEXT}]
        third = await ask(three, began, history, stream=stream, **ASKED)
        assert third.text
        check_body(three, first, (LOOK, ANSWER, NEXT), called=True)
    assert {entry["status"] for entry in three.provider.ledger} == {200}
