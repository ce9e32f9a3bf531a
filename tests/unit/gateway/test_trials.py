"""What levers on trial change of a body: the effort, descriptions, the detail of pictures; and nothing where the client has said it."""

import json
from typing import Any

import msgspec
import pytest

from services.gateway.domain.trials import says_how_to_think, with_definitions, with_effort, with_low_detail
from services.gateway.state.usual_reasoning import FEWEST, UsualReasoning
from tests.unit.common.test_images import png, url


def top(body: dict[str, Any]) -> dict[str, msgspec.Raw]:
    return msgspec.json.decode(json.dumps(body).encode(), type=dict[str, msgspec.Raw])


@pytest.mark.parametrize(
    "said",
    [
        {"reasoning_effort": "high"},
        {"reasoning": {"summary": "auto"}},
        {"thinking": {"type": "disabled"}},
        {"output_config": {"effort": "max"}},
        {"generationConfig": {"thinkingConfig": {"thinkingBudget": 0}}},
        {"generationConfig": {"thinking_config": {}}},
        {"messages": [{"role": "system", "content": "x", "output_config": {"effort": "low"}}]},
        {"verbosity": "low"},
    ],
)
def test_a_client_that_says_how_to_think_is_left_alone(said: dict[str, Any]) -> None:
    assert says_how_to_think(top(said))
    body = {"model": "m", **said}
    assert with_effort(json.dumps(body).encode(), ("reasoning_effort",), "low") is None


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"reasoning_effort": None},
        {"output_config": {"format": {"type": "json_schema"}}},
        {"generationConfig": {"temperature": 1}},
        {"messages": [{"role": "user", "content": 'Write about "thinking" and "effort".'}]},
    ],
)
def test_others_say_nothing_of_it(said: dict[str, Any]) -> None:
    assert not says_how_to_think(top(said))


def test_an_effort_is_put_beside_what_stands_there() -> None:
    body = json.dumps({"a": 1.0, "output_config": {"format": {"type": "text"}}}).encode()
    assert with_effort(body, ("output_config", "effort"), "medium") == (
        b'{"a":1.0,"output_config":{"format":{"type": "text"},"effort":"medium"}}'
    )
    path = ("generationConfig", "thinkingConfig", "thinkingLevel")
    assert json.loads(with_effort(b'{"generationConfig":{"temperature":0.5}}', path, "low") or b"") == {
        "generationConfig": {"temperature": 0.5, "thinkingConfig": {"thinkingLevel": "low"}}
    }


def test_descriptions_that_are_not_there_change_nothing() -> None:
    body = b'{"tools":[{"name":"f","description":"Look up the order.","input_schema":{}}],"x":1.0}'
    assert with_definitions(body, {"Something else.": "Else."}) is None
    assert with_definitions(body, {"Look up the order.": "Look up order."}) == body.replace(b"the order", b"order")


PICTURE = url(png(1024, 1024))


def chat(image: Any) -> bytes:
    parts = [{"type": "text", "text": "What animal is this?"}, {"type": "image_url", "image_url": image}]
    return json.dumps({"messages": [{"role": "user", "content": parts}]}).encode()


def test_low_detail_where_nobody_said_another() -> None:
    for image in ({"url": PICTURE}, {"url": PICTURE, "detail": "auto"}, {"url": PICTURE, "detail": None}):
        found = with_low_detail(chat(image), "gpt-4o")
        assert found is not None
        assert found[1] == 680
        assert json.loads(found[0])["messages"][0]["content"][1] == {
            "type": "image_url",
            "image_url": {"url": PICTURE, "detail": "low"},
        }
    given = {"role": "user", "content": [{"type": "input_image", "image_url": PICTURE, "detail": "auto"}]}
    found = with_low_detail(json.dumps({"input": [given]}).encode(), "gpt-4o")
    assert found is not None
    assert json.loads(found[0])["input"][0]["content"] == [
        {"type": "input_image", "image_url": PICTURE, "detail": "low"}
    ]


@pytest.mark.parametrize(
    "image",
    [
        {"url": PICTURE, "detail": "high"},
        {"url": PICTURE, "detail": "low"},
        {"url": PICTURE, "detail": "original"},
        {"url": "https://example.com/a.png"},
        {"url": url(b"no picture")},
        PICTURE,
        None,
        7,
        {"url": 7},
        [],
    ],
)
def test_a_picture_stays_as_it_is(image: Any) -> None:
    assert with_low_detail(chat(image), "gpt-4o") is None


@pytest.mark.parametrize(
    "body",
    [
        b'{"messages":"image_url\\""}',
        b'{"messages":[{"role":"user","content":"\\"image_url\\""}]}',
        b'{"messages":[],"input":"image_url"}',
        b'{"input":[{"type":"input_image","image_url":null}]}',
    ],
)
def test_bodies_that_hold_no_picture(body: bytes) -> None:
    assert with_low_detail(body, "gpt-4o") is None


def test_what_a_model_usually_thinks_takes_some_answers_to_know() -> None:
    usual = UsualReasoning()
    for count in range(FEWEST):
        assert usual.mean("org_a", "o3") is None
        usual.note("org_a", "o3", 100 + count % 2)
    assert usual.mean("org_a", "o3") == 100
    assert usual.mean("org_b", "o3") is None
