"""Usage as OpenAI documents it is read in one go; whatever else a server says is read field by field, to the same figures."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.translate import openai_usage
from services.gateway.translate.openai_usage import usage_of

_NUMBERS = st.one_of(
    st.integers(-3, 2_000_000_000), st.floats(allow_nan=False), st.none(), st.text(max_size=3), st.booleans()
)
_PLAIN = st.integers(0, 5_000)
_SENT = ("cached_tokens", "audio_tokens", "cache_write_tokens", "cached_tokens_details")
_SAID = ("reasoning_tokens", "audio_tokens", "accepted_prediction_tokens", "image_tokens")
_TOP = (
    "input_tokens",
    "output_tokens",
    "cached_tokens",
    "reasoning_tokens",
    "prompt_cache_hit_tokens",
    "speed",
    "cost",
)


def _objects(names: tuple[str, ...], numbers: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.dictionaries(st.sampled_from(names), numbers, max_size=4)


@st.composite
def _usages(draw: st.DrawFn) -> dict[str, Any]:
    numbers = draw(st.sampled_from((_PLAIN, _NUMBERS)))
    found: dict[str, Any] = {
        "prompt_tokens": draw(numbers),
        "completion_tokens": draw(numbers),
        "total_tokens": draw(numbers),
        "prompt_tokens_details": draw(st.one_of(st.none(), _objects(_SENT, numbers))),
        "completion_tokens_details": draw(st.one_of(st.none(), _objects(_SAID, numbers))),
        **draw(_objects(_TOP, numbers)),
    }
    for name in draw(st.sets(st.sampled_from(sorted(found)))):
        del found[name]
    if draw(st.booleans()) and all(isinstance(found.get(name), int) for name in ("prompt_tokens", "completion_tokens")):
        beside = draw(st.integers(0, 50))
        found["total_tokens"] = found["prompt_tokens"] + found["completion_tokens"] + beside
        found["completion_tokens_details"] = {"reasoning_tokens": draw(st.sampled_from((0, beside, 7)))}
    return found


@given(_usages())
def test_both_ways_come_to_the_same(usage: dict[str, Any]) -> None:
    written = json.dumps(usage).encode()
    assert usage_of(written) == openai_usage._read(written)


def test_what_openai_sends_takes_the_short_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openai_usage, "_read", lambda _: pytest.fail("read field by field"))
    details = {"cached_tokens": 64, "audio_tokens": 0}, {"reasoning_tokens": 9, "audio_tokens": 0}
    more = {"accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0}
    usage = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
    found = usage_of(
        json.dumps(
            {**usage, "prompt_tokens_details": details[0], "completion_tokens_details": {**details[1], **more}}
        ).encode()
    )
    assert found is not None
    assert (found.prompt_tokens, found.completion_tokens, found.cache_read, found.reasoning) == (100, 20, 64, 9)
