"""What Mistral is sent: its own names, ids of nine characters, and nothing that it would refuse."""

import json
from typing import Any

import msgspec
import pytest

from libs.common import catalog
from services.gateway.providers.mistral.chat import MISTRAL
from services.gateway.translate.dialect import Asked

ASK: list[Any] = [{"role": "user", "content": "Hello"}]


def sent(*, stream: bool = False, **body: Any) -> tuple[dict[str, Any], tuple[str, ...]]:
    whole = {"model": "mistral-large-latest", "messages": ASK, **body}
    raw = {name: msgspec.Raw(json.dumps(value).encode()) for name, value in whole.items()}
    known = catalog.load().find("mistral-large-latest")
    made = MISTRAL.request(
        Asked(raw=raw, messages=raw["messages"], model="mistral-large-latest", known=known, stream=stream)
    )
    return json.loads(made.body), made.dropped


def test_names_are_its_own() -> None:
    body, dropped = sent(max_completion_tokens=50, seed=7, temperature=0.2)
    assert (body["max_tokens"], body["random_seed"], body["temperature"]) == (50, 7, 0.2)
    assert not {"max_completion_tokens", "seed"} & body.keys()
    assert dropped == ()


@pytest.mark.parametrize("stream", [False, True])
def test_what_it_does_not_know_is_left_out_and_reported(stream: bool) -> None:
    body, dropped = sent(stream=stream, logit_bias={"1": 2}, user="u", stream_options={"include_usage": True})
    assert not {"logit_bias", "user", "stream_options"} & body.keys()
    assert set(dropped) == {"logit_bias", "user"}


def test_ids_of_other_providers_become_nine_characters_and_stay_pairs() -> None:
    calls = [
        {"id": name, "type": "function", "function": {"name": "f", "arguments": "{}"}}
        for name in ("toolu_01ABCDEFG", "call_long-name", "abc123XYZ")
    ]
    results = [{"role": "tool", "tool_call_id": call["id"], "content": "x"} for call in calls]
    body, _ = sent(messages=[*ASK, {"role": "assistant", "content": "", "tool_calls": calls}, *results])
    ids = [call["id"] for call in body["messages"][1]["tool_calls"]]
    assert [message["tool_call_id"] for message in body["messages"][2:]] == ids
    assert all(len(one) == 9 and one.isalnum() for one in ids)
    assert (len(set(ids)), ids[2]) == (3, "abc123XYZ")
