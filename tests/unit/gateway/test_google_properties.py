"""Whatever is asked, Google's SDK would send it too; however an answer is cut, it reads the same."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.gateway.domain.attempts import Failure
from services.gateway.translate.dialect import Asked, Kept
from services.gateway.translate.google import GOOGLE
from services.gateway.translate.google_contents import NO_SIGNATURE
from tests.unit.gateway.google_sdk import accepted, event

# No half of a surrogate pair: neither JSON nor Google's SDK writes one down.
plain = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | plain,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(plain, inner, max_size=3),
    max_leaves=6,
)
objects = st.dictionaries(plain, values, max_size=3)
names = st.sampled_from(["f", "g", "look_up"])
ids = st.sampled_from(["a", "b", "c", "d__thought__Zm9v", ""])
models = st.sampled_from(["gemini-2.5-flash", "gemini-3.1-pro-preview", "gemini-4-argon"])

calls = st.fixed_dictionaries(
    {
        "id": ids,
        "type": st.just("function"),
        "function": st.fixed_dictionaries({"name": names, "arguments": objects.map(json.dumps) | plain}),
    }
)
contents = plain | st.lists(st.fixed_dictionaries({"type": st.just("text"), "text": plain}), max_size=3)
messages = st.lists(
    st.fixed_dictionaries({"role": st.sampled_from(["system", "developer", "user"]), "content": contents})
    | st.fixed_dictionaries(
        {
            "role": st.just("assistant"),
            "content": st.none() | contents,
            "tool_calls": st.none() | st.lists(calls, max_size=3),
        }
    )
    | st.fixed_dictionaries(
        {"role": st.just("assistant"), "function_call": st.fixed_dictionaries({"name": names, "arguments": plain})}
    )
    | st.fixed_dictionaries(
        {"role": st.just("tool"), "tool_call_id": ids, "content": objects.map(json.dumps) | contents}
    )
    | st.fixed_dictionaries({"role": st.just("function"), "name": names, "content": plain}),
    min_size=1,
    max_size=8,
)
signatures = st.dictionaries(
    ids, st.builds(Kept, served_model=models, signature=st.none() | st.just("a2VwdA==")), max_size=3
)


@settings(deadline=None)
@given(asked=messages, model=models, kept=signatures)
def test_every_conversation_has_turns_that_google_takes(
    asked: list[dict[str, Any]], model: str, kept: dict[str, Kept]
) -> None:
    request = Asked(
        raw={}, messages=msgspec.Raw(json.dumps(asked).encode()), model=model, known=None, stream=False, kept=kept
    )
    out = GOOGLE.request(request)
    assert GOOGLE.request(request) == out
    turns = accepted(out.body)["contents"]
    assert [turn["role"] for turn in turns] == [("user", "model")[index % 2] for index in range(len(turns))]
    assert all(part and part != {"text": ""} for turn in turns for part in turn["parts"])
    made = [[part["functionCall"] for part in turn["parts"] if "functionCall" in part] for turn in turns]
    given_back = [[part["functionResponse"] for part in turn["parts"] if "functionResponse" in part] for turn in turns]
    assert [[(call.get("id"), call["name"]) for call in turn] for turn in [[], *made]] == [
        [(answer.get("id"), answer["name"]) for answer in turn] for turn in [*given_back, []]
    ]
    assert sum(map(len, made)) == sum(
        len(message.get("tool_calls") or ()) or ("function_call" in message) for message in asked
    )
    for turn in turns:
        signed = [part.get("thoughtSignature") for part in turn["parts"] if "functionCall" in part]
        assert not signed or signed[0] or model == "gemini-2.5-flash"
        assert NO_SIGNATURE not in signed[1:]


pieces = st.lists(
    st.builds(lambda text: {"text": text}, plain)
    | st.builds(lambda text: {"text": text, "thought": True}, plain)
    | st.builds(
        lambda name, args, identity, signature: {
            "functionCall": {"name": name, "args": args, **identity},
            **signature,
        },
        names,
        objects,
        st.sampled_from([{}, {"id": "a"}, {"id": "b"}]),
        st.sampled_from([{}, {"thoughtSignature": "c2ln"}]),
    )
    | st.just({"text": "", "thoughtSignature": "bGF0ZQ=="}),
    max_size=6,
)
finishes = st.sampled_from(["STOP", "MAX_TOKENS", "SAFETY"])
COUNTS = {"promptTokenCount": 9, "candidatesTokenCount": 2, "thoughtsTokenCount": 3, "totalTokenCount": 14}
NAMED: dict[str, Any] = {"model": "gemini-4-argon", "request_id": "req_1", "created": 1700000000}


def reply(parts: list[dict[str, Any]], finish: str | None) -> dict[str, Any]:
    candidate = {"content": {"role": "model", "parts": parts}, **({"finishReason": finish} if finish else {})}
    return {"candidates": [candidate], "usageMetadata": COUNTS, "responseId": "r1"}


def streamed(parts: list[dict[str, Any]], finish: str) -> bytes:
    return b"".join(event(reply([part], None)) for part in parts) + event(reply([{"text": ""}], finish))


def read(*body: bytes) -> tuple[list[bytes], dict[str, Kept]]:
    chunks = GOOGLE.chunks(**NAMED)
    out = [chunk for piece in body for chunk in chunks.feed(piece)] + chunks.end()
    return out, chunks.kept


@settings(deadline=None)
@given(parts=pieces, finish=finishes)
def test_a_stream_says_what_the_whole_answer_says(parts: list[dict[str, Any]], finish: str) -> None:
    whole = GOOGLE.answer(json.dumps(reply(parts, finish)).encode(), **NAMED)
    body = json.loads(whole.body)
    out, kept = read(streamed(parts, finish))
    *told, closing, used = [json.loads(chunk) for chunk in out[:-1]]
    deltas = [chunk["choices"][0]["delta"] for chunk in told]
    message = body["choices"][0]["message"]
    assert deltas[0] == {"role": "assistant", "content": ""}
    for kind in ("content", "reasoning_content"):
        assert "".join(delta.get(kind, "") for delta in deltas) == (message.get(kind) or "")
    made = [call for delta in deltas for call in delta.get("tool_calls", ())]
    assert [call.pop("index") for call in made] == list(range(len(made)))
    whole_calls = message.get("tool_calls", [])
    for name in ("id", "function"):
        assert [call[name] for call in made] == [call[name] for call in whole_calls]
    assert len({call["id"] for call in made}) == len(made)
    assert kept == whole.kept
    assert closing["choices"][0]["finish_reason"] == body["choices"][0]["finish_reason"]
    assert used["usage"] == body["usage"]
    assert {(chunk["id"], chunk["model"], chunk["created"]) for chunk in [*told, closing, used]} == {
        (body["id"], body["model"], body["created"])
    }


BODY = streamed(
    [{"text": "Malmö 🌊"}, {"functionCall": {"name": "f", "args": {"x": "ü"}}}, {"text": "x", "thought": True}], "STOP"
)
EVERYTHING = read(BODY)


@pytest.mark.parametrize("ending", [b"\r\n", b"\n", b"\r"])
def test_a_body_cut_at_any_byte_is_the_same_body(ending: bytes) -> None:
    body = BODY.replace(b"\r\n", ending)
    for place in range(len(body) + 1):
        assert read(body[:place], body[place:]) == EVERYTHING
    assert read(*(body[place : place + 1] for place in range(len(body)))) == EVERYTHING


def test_a_body_that_breaks_off_is_truncated_and_says_no_more_than_the_whole() -> None:
    finished = BODY.rindex(b"}") + 1
    for place in range(finished):
        chunks = GOOGLE.chunks(**NAMED)
        out = chunks.feed(BODY[:place])
        assert out == EVERYTHING[0][: len(out)]
        with pytest.raises(Failure) as failure:
            chunks.end()
        assert failure.value.kind == "truncated"
    assert read(BODY[:finished]) == EVERYTHING


@given(st.binary(max_size=60) | values.map(lambda value: json.dumps(value).encode()), st.booleans())
def test_whatever_comes_back_is_an_answer_or_a_failure(data: bytes, wrapped: bool) -> None:
    for reading in (
        lambda: GOOGLE.answer(data, **NAMED),
        lambda: read(b"data: " + data + b"\n\n" if wrapped else data),
    ):
        with pytest.raises(Failure):
            reading()
    assert GOOGLE.failure(500, {}, data).kind == "status"
