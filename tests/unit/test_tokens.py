"""One formula counts tokens for everybody, with the published vocabularies and without a network."""

import base64
import hashlib

import pytest
import tiktoken_ext.openai_public as published  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st
from tiktoken import Encoding

from libs.common import tokens

NAMES = {"o200k_base": "gpt-4o", "cl100k_base": "gpt-4"}


@pytest.fixture(params=sorted(NAMES))
def pair(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> tuple[Encoding, Encoding]:
    """Our vocabulary, and tiktoken's own definition fed with the same ranks; tiktoken's hash is checked on the way."""
    ours, _ = tokens.encoding_for(NAMES[request.param])

    def ranks(_url: str, expected_hash: str) -> dict[bytes, int]:
        lines = sorted(ours._mergeable_ranks.items(), key=lambda item: item[1])
        file = b"".join(base64.b64encode(token) + b" %d\n" % rank for token, rank in lines)
        assert hashlib.sha256(file).hexdigest() == expected_hash
        return ours._mergeable_ranks

    monkeypatch.setattr(published, "load_tiktoken_bpe", ranks)
    return ours, Encoding(**getattr(published, request.param)())


def test_vocabulary_is_the_published_one(pair: tuple[Encoding, Encoding]) -> None:
    ours, theirs = pair
    assert ours._pat_str == theirs._pat_str


def test_texts_encode_as_published(pair: tuple[Encoding, Encoding]) -> None:
    ours, theirs = pair
    for text in ("Hello, world!", "don't  stop\n\n\tnow 12345", "naïve 東京 🎉", "x = a<b ? 1 : 0;", "   trailing   "):
        assert ours.encode_ordinary(text) == theirs.encode(text, disallowed_special=())


@pytest.mark.parametrize(
    ("model", "vocabulary", "exact"),
    [
        ("gpt-4o", "o200k_base", True),
        ("gpt-4o-mini-2024-07-18", "o200k_base", True),
        ("gpt-4.1-nano", "o200k_base", True),
        ("gpt-5.2", "o200k_base", True),
        ("gpt-6-mini", "o200k_base", True),
        ("o1", "o200k_base", True),
        ("o3-mini", "o200k_base", True),
        ("chatgpt-4o-latest", "o200k_base", True),
        ("ft:gpt-4o-mini:acme::id", "o200k_base", True),
        ("gpt-4", "cl100k_base", True),
        ("gpt-4-turbo", "cl100k_base", True),
        ("text-embedding-3-small", "cl100k_base", True),
        ("text-embedding-ada-002", "cl100k_base", True),
        ("gpt-3.5-turbo", "cl100k_base", True),
        ("claude-opus", "o200k_base", False),
        ("gemini-2.5-flash", "o200k_base", False),
        ("ollama-something", "o200k_base", False),
        ("", "o200k_base", False),
    ],
)
def test_vocabulary_of_a_model(model: str, vocabulary: str, exact: bool) -> None:
    encoding, is_exact = tokens.encoding_for(model)
    assert (encoding.name, is_exact) == (vocabulary, exact)


def test_chat_counts_as_openai_publishes_it() -> None:
    """OpenAI's own counting example, with the figures that its API answered."""
    jargon = "example_user", "example_assistant"
    messages = [
        {
            "role": "system",
            "content": (
                "You are a helpful, pattern-following assistant that translates corporate jargon into plain English."
            ),
        },
        {"role": "system", "name": jargon[0], "content": "New synergies will help drive top-line growth."},
        {"role": "system", "name": jargon[1], "content": "Things working well together will increase revenue."},
        {
            "role": "system",
            "name": jargon[0],
            "content": (
                "Let's circle back when we have more bandwidth to touch base on opportunities for increased leverage."
            ),
        },
        {
            "role": "system",
            "name": jargon[1],
            "content": "Let's talk later when we're less busy about how to do better.",
        },
        {
            "role": "user",
            "content": "This late pivot means we don't have time to boil the ocean for the client deliverable.",
        },
    ]
    assert tokens.count_messages("gpt-4o", messages) == 124
    assert tokens.count_messages("gpt-4", messages) == 129


def test_parts_and_calls_count_by_their_text() -> None:
    text = tokens.count_text("gpt-4o", "What is in this picture?")
    role = tokens.count_text("gpt-4o", "user")
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 5000}}
    message = {"role": "user", "content": [{"type": "text", "text": "What is in this picture?"}, image]}
    assert tokens.count_message("gpt-4o", message) == 3 + role + text
    call = {"id": "call_1", "type": "function", "function": {"name": "find", "arguments": '{"id": 7}'}}
    asked = {"role": "assistant", "content": None, "tool_calls": [call]}
    parts = ("assistant", "find", '{"id": 7}')
    assert tokens.count_message("gpt-4o", asked) == 3 + sum(tokens.count_text("gpt-4o", part) for part in parts)


@pytest.mark.parametrize(
    "message",
    [{}, {"role": None, "content": 7}, {"content": [None, 3]}, {"tool_calls": "x"}, {"tool_calls": [{}, None]}],
)
def test_broken_messages_still_count(message: dict[str, object]) -> None:
    assert tokens.count_messages("gpt-4o", [message]) == 6


def test_special_tokens_are_only_text() -> None:
    assert tokens.count_text("gpt-4o", "<|endoftext|>") > 1


def test_a_megabyte_of_blanks_does_not_stop_the_process() -> None:
    assert 0 < tokens.count_text("gpt-4o", " " * 1_200_000 + "x") < 1_200_000


@given(st.text(min_size=48, max_size=200))
def test_memory_answers_what_counting_answers(text: str) -> None:
    encoding, _ = tokens.encoding_for("gpt-4o")
    first = tokens.count_text("gpt-4o", text)
    assert first == tokens.count_text("gpt-4o", text) == len(encoding.encode_ordinary(text))


def test_memory_is_bounded() -> None:
    memo = tokens._Memo(2)
    for i in range(5):
        memo.put(("v", bytes([i])), i)
    assert [memo.get(("v", bytes([i]))) for i in range(5)] == [None, None, None, 3, 4]


@given(st.text(max_size=40), st.integers(0, 80))
def test_ids_are_texts_again_and_a_character_that_was_cut_is_left_out(text: str, at: int) -> None:
    ids = tokens.encoding_for("gpt-4")[0].encode_ordinary(text)
    assert tokens.text_of(ids) == text
    try:
        before, after = tokens.text_of(ids[:at]), tokens.text_of(ids[at:])
    except ValueError:  # a part of a character, and nothing else
        return
    assert text.startswith(before)
    assert text.endswith(after)
    assert len(text) - len(before) - len(after) in (0, 1)


@pytest.mark.parametrize("ids", [[100_256], [-1], [2**80], [95, 95], [9468, 64]])
def test_ids_that_are_no_text_are_refused(ids: list[int]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each says it in its own words
        tokens.text_of(ids)
