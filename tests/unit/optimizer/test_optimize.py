"""The promises of the whole: nothing breaks, nothing grows, nothing is done twice, and the account is exact."""

import json
from collections.abc import Sequence
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from libs.common.contracts.auth import Level, OptimizationSettings
from libs.common.contracts.optimizer import OptimizeReply, OptimizeRequest
from libs.common.errors import BadRequest
from libs.common.tokens import count_messages
from services.optimizer.domain.spans import protected
from tests.fixtures.similarity import optimizer

LEVELS: tuple[Level, ...] = get_args(Level)
Messages = list[dict[str, Any]]

PIECES = (
    "Please  note that you must not share order 4711 with anyone. ",
    "Always check the order number before you promise any refund. ",
    'In order to help, look at `make  all` and "two  blanks".\n\n\n\n',
    "**Important:** the user and the agent speak about a ticket.\n",
    '{ "id": 17, "rows": [ 1, 2, 3 ], "note": "a  b" }',
    '\n[{"a": 1, "b": "x"}, {"a": 2, "b": "y"}, {"a": 3, "b": "z"}]\n',
    "```python\nx  =  1\n\n\n\ny = 2\n```\n",
    "See https://example.com/a?x=1  and mail jo@example.com about A-2024-17.   \n",
    "- first item of the list\n\n- second item of the list\n",
    "User: could you please help?\nAssistant: yes\n",
    "{{ customer }} pays $1,250.00 on 2026-01-31.  \n",
    "  ",
    "\n\n",
    "naïve 東京  🎉 ",
)
texts = st.lists(st.sampled_from(PIECES) | st.text(max_size=30), max_size=6).map("".join)
contents = texts | st.lists(
    st.builds(lambda text: {"type": "text", "text": text}, texts)
    | st.just({"type": "image_url", "image_url": {"url": "https://example.com/x.png"}}),
    min_size=1,
    max_size=3,
)


@st.composite
def conversations(draw: st.DrawFn) -> Messages:
    """Valid OpenAI conversations: tool results behind their calls, marks and unknown fields here and there."""
    messages: Messages = []
    kinds = st.sampled_from(["system", "user", "assistant", "call"])
    for i, kind in enumerate(draw(st.lists(kinds, min_size=1, max_size=40))):
        if kind == "call":
            ids = [f"call_{i}_{n}" for n in range(draw(st.integers(1, 2)))]
            function = {"name": "find", "arguments": '{"id": "A-17"}'}
            calls = [{"id": one, "type": "function", "function": function} for one in ids]
            messages.append({"role": "assistant", "content": None, "tool_calls": calls})
            messages += [{"role": "tool", "tool_call_id": one, "content": draw(texts)} for one in ids]
        else:
            message: dict[str, Any] = {"role": kind, "content": draw(texts if kind == "assistant" else contents)}
            if draw(st.integers(0, 9)) == 0:
                message["cache_control"] = {"type": "ephemeral"}
            if draw(st.integers(0, 9)) == 0:
                message["x_unknown"] = [1.0, None]
            messages.append(message)
    return messages


def run(
    messages: Messages, level: Level, *, keep_cut: int | None = None, **toggles: Any
) -> tuple[Messages, OptimizeReply]:
    request = OptimizeRequest(
        model="gpt-4o",
        messages=msgspec.Raw(json.dumps(messages).encode()),
        settings=OptimizationSettings(level=level, **toggles),
        keep_cut=keep_cut,
    )
    reply = optimizer(64).answer(request)
    return (messages if not reply.changed else json.loads(bytes(reply.messages))), reply


NOTES = ("[1 earlier message", *(f"[{n} earlier messages" for n in range(2, 60)), "[Values seen earlier")
every = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@every
@given(conversations(), st.sampled_from(LEVELS))
def test_the_account_is_exact_and_never_negative(messages: Messages, level: Level) -> None:
    after, reply = run(messages, level)
    assert reply.original_tokens == count_messages("gpt-4o", messages)
    assert reply.optimized_tokens == count_messages("gpt-4o", after) <= reply.original_tokens
    assert sum(lever.tokens for lever in reply.levers) == reply.original_tokens - reply.optimized_tokens
    assert (not reply.changed) == (after == messages)


@every
@given(conversations(), st.sampled_from(LEVELS))
def test_twice_is_once(messages: Messages, level: Level) -> None:
    once, _ = run(messages, level)
    twice, reply = run(once, level)
    assert twice == once
    assert not reply.changed


@every
@given(conversations(), st.sampled_from(LEVELS))
def test_what_comes_out_is_valid_and_untouchable_parts_are_untouched(messages: Messages, level: Level) -> None:
    after, _ = run(messages, level)
    asked_for: set[str] = set()
    for message in after:
        asked_for |= {call["id"] for call in message.get("tool_calls", ())}
        assert message["role"] != "tool" or message["tool_call_id"] in asked_for
    for message in after:
        calls = message.get("tool_calls", ())
        answered = {m["tool_call_id"] for m in after if m["role"] == "tool"}
        assert all(call["id"] in answered for call in calls)
    ours = [m for m in after if m["role"] == "assistant" or "cache_control" in m or "x_unknown" in m]
    ours = [m for m in ours if not (isinstance(m["content"], str) and m["content"].startswith(NOTES))]
    assert all(m in messages for m in ours if m["role"] == "assistant" or "cache_control" in m)
    assert [m for m in messages if "cache_control" in m] == [m for m in after if "cache_control" in m]
    assert all(m["x_unknown"] == [1.0, None] for m in after if "x_unknown" in m)


@every
@given(conversations(), st.sampled_from(LEVELS))
def test_the_last_user_turn_is_only_tidied(messages: Messages, level: Level) -> None:
    after, _ = run(messages, level)
    before_turn = [m for m in messages if m["role"] == "user"][-1:]
    # A note of ours may stand before it, or behind it in a turn of its own where the client marked the turn that it would go with.
    now = "".join(text for m in [m for m in after if m["role"] == "user"][-2:] for text in plain(m))
    assert all(text in now for before in before_turn for text in plain(before))


@every
@given(conversations(), st.sampled_from(LEVELS))
def test_protected_spans_of_what_is_kept_are_kept(messages: Messages, level: Level) -> None:
    """Pruning and JSON levers aside, each code block, link, quote, template and tag is still there, byte for byte."""
    after, _ = run(
        [m for m in messages if m["role"] != "tool" and not m.get("tool_calls")], level, context_pruning=False
    )
    whole = "\n".join(text for message in after for text in said(message))
    for message in messages:
        for text in said(message) if message["role"] in ("user", "assistant") else ():
            assert all(text[start:end] in whole for start, end in protected(text))


def test_the_same_question_has_the_same_answer() -> None:
    messages = [{"role": "system", "content": "".join(PIECES)}, {"role": "user", "content": "Hi"}]
    one = optimizer(4)
    request = OptimizeRequest(
        model="gpt-4o",
        messages=msgspec.Raw(json.dumps(messages).encode()),
        settings=OptimizationSettings(level="aggressive"),
    )
    first = one.answer(request)
    assert one.answer(request) == first == optimizer(1).answer(request)
    assert first.changed


def long_conversation(turns: int) -> Messages:
    words = "the parcel that I sent last week has still not arrived at the office, and nobody answers"
    messages: Messages = [{"role": "system", "content": "You are Ada, who answers customers."}]
    for i in range(turns):
        messages.append({"role": "user", "content": f"Turn {i}: {words}."})
        messages.append({"role": "assistant", "content": f"Answer {i}: I am sorry about that; {words}."})
    return messages


def test_forty_eight_messages_on_aggressive() -> None:
    messages = long_conversation(24)[1:]
    after, reply = run(messages, "aggressive")
    assert after[0] == {
        "role": "system",
        "content": "[Earlier context pruned: 21 user and 21 assistant messages were removed to save tokens.]",
    }
    assert after[1:] == messages[-6:]
    assert reply.cut == 42
    assert [lever.lever for lever in reply.levers] == ["pruning"]


@pytest.mark.parametrize(("level", "window"), [("conservative", 20), ("moderate", 10), ("aggressive", 6)])
def test_each_level_keeps_its_window_and_says_so(level: Level, window: int) -> None:
    messages = long_conversation(24)
    after, _ = run(messages, level)
    assert len(after) == 1 + window
    assert after[2:] == messages[-window + 1 :]
    if level == "aggressive":
        said = "[Earlier context pruned: 21 user and 21 assistant messages were removed to save tokens.]"
        assert after[0]["content"] == f"{messages[0]['content']}\n\n{said}"
        assert after[1] == messages[-window]
    else:
        assert after[0] == messages[0]
        left_out = f"[{48 - window} earlier messages left out.]"
        assert after[1]["content"] == f"{left_out}\n\n{messages[-window]['content']}"


def test_dropped_values_are_named_unless_switched_off_and_never_in_the_instructions() -> None:
    """What a user or a tool said may not speak with the voice of the instructions."""
    messages = long_conversation(12)
    messages[3]["content"] += " My order is AB-123456."
    values = "Values seen earlier: AB-123456"
    moderate, aggressive = run(messages, "moderate")[0], run(messages, "aggressive")[0]
    assert moderate[1]["content"].startswith(f"[14 earlier messages left out. {values}]")
    assert aggressive[1]["content"].startswith(f"[{values}]")
    assert aggressive[0]["content"].endswith("to save tokens.]")
    assert values not in json.dumps([m for m in (*moderate, *aggressive) if m["role"] == "system"])
    assert values not in json.dumps(run(messages, "conservative")[0])
    assert values not in json.dumps(run(messages, "moderate", values_line=False)[0])


def test_between_cuts_the_prefix_is_byte_equal() -> None:
    """While a cut holds, each turn only adds to what the turn before sent."""
    whole = long_conversation(30)
    whole[3]["content"] += " My order is AB-123456."
    keep: int | None = None
    before: Messages = []
    steps = 0
    for turns in range(1, 30):
        messages = whole[: 2 * turns]
        after, reply = run(messages, "moderate", keep_cut=keep)
        if reply.cut == keep:
            assert after[: len(before)] == before
        else:
            steps += 1
        keep, before = reply.cut, after
    assert steps == 4


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("Please note that the polite form is to be kept. In order to help, rewrite what the user sends.", "wording"),
        ("Bitte beachte, dass die Antworten kurz sein müssen und nicht lang.", "English"),
    ],
)
def test_a_text_whose_words_are_kept_says_why(content: str, reason: str) -> None:
    messages = json.dumps([{"role": "system", "content": content}, {"role": "user", "content": "Hello."}]).encode()
    asked = OptimizeRequest(
        model="gpt-4o", messages=msgspec.Raw(messages), settings=OptimizationSettings(level="moderate"), explain=True
    )
    reply = optimizer(64).answer(asked)
    notes = {note.step: note for note in reply.notes}
    assert notes["phrases"].outcome == "gated"
    assert reason in notes["phrases"].reason


def test_off_and_single_toggles() -> None:
    messages = [{"role": "system", "content": "Please  be  kind.\n\n\n\nPlease be kind."}, *long_conversation(30)[1:]]
    assert run(messages, "off")[1].levers == ()
    off = {"whitespace_removal": False, "redundancy_elimination": False, "system_prompt_compression": False}
    assert [lever.lever for lever in run(messages, "aggressive", **off)[1].levers] == ["pruning"]
    assert run(messages, "aggressive", context_pruning=False, **off)[1].changed is False


def looking_up(days: int, name: str = "get_rate") -> Messages:
    messages: Messages = []
    for i in range(days):
        call = {"id": f"c{i}", "type": "function", "function": {"name": name, "arguments": f'{{"day": {i}}}'}}
        messages.append({"role": "assistant", "content": None, "tool_calls": [call]})
        rates = {f"hour_{i}_{n}": f"END-{i}{n:02}" for n in range(40)}
        messages.append({"role": "tool", "tool_call_id": f"c{i}", "content": json.dumps(rates)})
    return messages


@pytest.mark.parametrize(("level", "short"), [("conservative", 0), ("moderate", 0), ("aggressive", 2)])
def test_old_data_is_cut_short_behind_a_cut_at_the_aggressive_level(level: Level, short: int) -> None:
    messages: Messages = [{"role": "system", "content": "Help."}, *long_conversation(20)[1:], *looking_up(3)]
    results = [m["content"] for m in run(messages, level)[0] if m["role"] == "tool"]
    assert ["characters hidden" in result for result in results] == [True] * short + [False] * (3 - short)
    assert all(f"END-{i}39]" in result for i, result in enumerate(results[:short]))
    without_cut = run(messages[-6:], level)[0]
    assert not any("hidden" in m["content"] for m in without_cut if m["role"] == "tool")


@pytest.mark.parametrize("name", ["read_file", "bash", "view_source", "openDocument", "str_replace_editor"])
def test_what_may_be_a_file_is_sent_as_it_is(name: str) -> None:
    messages: Messages = [{"role": "system", "content": "Help."}, *long_conversation(20)[1:], *looking_up(3, name)]
    for level in LEVELS:
        after = run(messages, level)[0]
        assert [m for m in after if m["role"] == "tool"] == [m for m in messages if m["role"] == "tool"]


def test_what_the_model_has_spoken_about_is_old_on_aggressive() -> None:
    spoken = [{"role": "assistant", "content": "I have read the rates."}, {"role": "user", "content": "And now?"}]
    after = run([*long_conversation(6), *looking_up(1), *spoken], "aggressive")[0]
    assert "END-039]" in after[-3]["content"]


@pytest.mark.parametrize("raw", [b"{}", b'"x"', b"[1]", b"[null]", b"[[]]"])
def test_anything_but_messages_is_refused(raw: bytes) -> None:
    request = OptimizeRequest(model="gpt-4o", messages=msgspec.Raw(raw), settings=OptimizationSettings())
    with pytest.raises(BadRequest, match="messages must be an array of objects"):
        optimizer(1).answer(request)


@pytest.mark.parametrize(
    "message",
    [{}, {"role": "user"}, {"role": 7, "content": {"a": 1}}, {"role": "tool", "content": [None, {"type": "text"}]}],
)
def test_strange_messages_pass_through(message: dict[str, Any]) -> None:
    assert run([message] * 3, "aggressive")[1].changed is False


def test_unchanged_messages_keep_their_bytes() -> None:
    odd = b'{"content": "Hello",  "role":"assistant", "n": 1.50, "big": 123456789012345678901234567890}'
    raw = b"[" + odd + b', {"role": "user", "content": "This is it. \\t\\n \\n\\t\\n \\n\\t \\nAnd that."}]'
    request = OptimizeRequest(model="gpt-4o", messages=msgspec.Raw(raw), settings=OptimizationSettings())
    reply = optimizer(1).answer(request)
    assert reply.changed
    assert bytes(reply.messages) == b"[" + odd + b',{"role":"user","content":"This is it.\\n\\nAnd that."}]'


def test_a_stand_in_vocabulary_is_said_so() -> None:
    request = OptimizeRequest(model="claude-opus", messages=msgspec.Raw(b"[]"), settings=OptimizationSettings())
    assert not optimizer(1).answer(request).exact_tokens


def said(message: dict[str, Any]) -> Sequence[str]:
    content = message.get("content")
    if isinstance(content, str):
        return [content]
    return [part["text"] for part in content or () if part["type"] == "text"]


def plain(message: dict[str, Any]) -> list[str]:
    return ["".join(text.split()) for text in said(message)]


def test_a_cut_that_costs_more_than_it_saves_is_not_made() -> None:
    messages = [{"role": role, "content": "ok"} for role in ("user", "assistant") * 4]
    after, reply = run(messages, "aggressive")
    assert (after, reply.cut, reply.levers) == (messages, None, ())


def test_users_may_repeat_themselves_and_silence_nobody() -> None:
    """A user who quotes an instruction, before or behind it, takes it out of nothing."""
    rule = "Never tell anybody the password of the account, whoever asks for it."
    turns = [{"role": "user", "content": f"{rule} {rule}"}, {"role": "system", "content": rule}]
    for messages in (turns, turns[::-1], [*turns, *turns]):
        after = run(messages, "aggressive", system_prompt_compression=False)[0]
        assert [m for m in after if m["role"] == "user"] == [m for m in messages if m["role"] == "user"]
        assert rule in [m["content"] for m in after if m["role"] == "system"]


def test_the_note_does_not_change_when_a_value_is_named_again() -> None:
    messages = long_conversation(8)
    messages[3]["content"] += " My order is AB-123456."
    first, reply = run(messages, "moderate")
    messages += [{"role": "user", "content": "It is AB-123456, as I said."}]
    second, _ = run(messages, "moderate", keep_cut=reply.cut)
    assert second[: len(first)] == first
    assert "AB-123456" in first[1]["content"]
