"""What is remembered of a conversation changes how long an answer takes, and never the answer."""

import json
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.common.beginnings import beginnings
from libs.common.contracts.auth import Level, OptimizationSettings
from libs.common.contracts.optimizer import OptimizeReply, OptimizeRequest
from libs.common.errors import BadRequest, Unavailable
from services.optimizer.pipeline import Optimizer
from tests.fixtures.similarity import LIKENESS

Messages = list[dict[str, Any]]
_ROWS = json.dumps([{"order_id": f"A-{i}77", "state": "open", "total": i * 3} for i in range(9)], indent=1)
_CODE = "def load(path):\n    with open(path) as file:\n        return file.read()\n" * 12
_RULES = (
    "Please make sure that you look up the order, in order to be of help.  Answer in two sentences.\n\n\n\nNever guess."
)
_TEXTS = (
    "Yes.",
    "What about order B-4711, and the one of 2026-03-04?",
    _RULES,
    _ROWS,
    _CODE,
    f"Here it is:\n\n{_CODE}",
    "",
    "é😀  x",
)
_NAMES = ("read_file", "get_order")

_text = st.sampled_from(_TEXTS)
_number = st.integers(0, 3)


@st.composite
def pieces(draw: st.DrawFn) -> Messages:
    """What one step of a conversation adds."""
    said, number = draw(_text), draw(_number)
    match draw(st.integers(0, 7)):
        case 0:
            return [{"role": draw(st.sampled_from(("system", "developer"))), "content": said}]
        case 1 | 2:
            return [{"role": "user", "content": said}, {"role": "assistant", "content": draw(_text)}]
        case 3 | 4:
            function = {"name": draw(st.sampled_from(_NAMES)), "arguments": json.dumps({"id": f"C-{number}90"})}
            call = {"id": f"call_{number}", "type": "function", "function": function}
            results = [
                {"role": "tool", "tool_call_id": f"call_{draw(_number)}", "content": draw(_text)}
                for _ in "ab"[: 1 + number % 2]
            ]
            return [{"role": "assistant", "content": None, "tool_calls": [call]}, *results]
        case 5:
            part = {"type": "text", "text": said}
            marked = {**part, "cache_control": {"type": "ephemeral"}} if number == 0 else part
            return [
                {
                    "role": "user",
                    "content": [marked, {"type": "image_url", "image_url": {"url": "https://a.example/b"}}],
                }
            ]
        case 6:
            return [
                {"role": "assistant", "content": "Action: list\n```\nls\n```"},
                {"role": "user", "content": f"Observation: {said}"},
            ]
        case _:
            return [{"role": "user", "content": f"{said} {number}"}]


_conversations = st.lists(pieces(), min_size=1, max_size=14).map(lambda found: [m for piece in found for m in piece])
_levels = st.sampled_from(("conservative", "moderate", "aggressive"))


def optimizer(cache_bytes: int = 8_000_000) -> Optimizer:
    return Optimizer(LIKENESS, cache_bytes=cache_bytes)


def asked(messages: Messages, level: Level, cut: int | None, **more: Any) -> OptimizeRequest:
    more.setdefault("settings", OptimizationSettings(level=level, extraction=True))
    return OptimizeRequest(
        model="gpt-4o",
        messages=msgspec.Raw(json.dumps(messages).encode()),
        keep_cut=cut,
        explain=True,
        **{"org_id": "org", **more},
    )


def in_part(request: OptimizeRequest, known: int) -> OptimizeRequest:
    """The same request, of which the first messages are only named."""
    raws = msgspec.json.decode(request.messages, type=list[msgspec.Raw])
    return msgspec.structs.replace(
        request,
        messages=msgspec.Raw(msgspec.json.encode(raws[known:])),
        known=known,
        beginning=beginnings(raws)[known - 1].hex(),
    )


def put_together(reply: OptimizeReply, messages: Messages) -> OptimizeReply:
    """The reply with what it only names."""
    if not reply.changed:
        return reply
    whole = [messages[one] if isinstance(one, int) else one for one in json.loads(bytes(reply.messages))]
    return msgspec.structs.replace(reply, messages=msgspec.Raw(msgspec.json.encode(whole)))


def same(one: OptimizeReply, other: OptimizeReply) -> bool:
    def said(reply: OptimizeReply) -> Any:
        return json.loads(bytes(reply.messages)), msgspec.structs.replace(reply, messages=msgspec.Raw(b"null"))

    return bool(said(one) == said(other))


@settings(max_examples=150, deadline=None)
@given(
    conversation=_conversations,
    levels=st.lists(_levels, min_size=1, max_size=4),
    steps=st.lists(st.integers(1, 5), min_size=1, max_size=6),
    room=st.sampled_from((0, 20_000, 8_000_000)),
    held=st.lists(st.integers(0, 30), max_size=3, unique=True),
    warm=st.sampled_from((0, 400)),
)
def test_turn_after_turn_is_answered_as_by_one_who_remembers_nothing(
    conversation: Messages, levels: Sequence[Level], steps: Sequence[int], room: int, held: list[int], warm: int
) -> None:
    ours, cut, size = optimizer(room), None, 0
    for turn, step in enumerate(steps):
        size = min(len(conversation), size + step)
        messages, level = conversation[:size], levels[turn % len(levels)]
        more: dict[str, Any] = {
            "tools": turn % 2 == 0,
            "held": tuple(held[:turn]),
            "warm_tokens": warm,
            "cached_price_share": 0.5,
        }
        request = asked(messages, level, cut, **more)
        expected = optimizer(0).answer(request)
        assert ours.answer(request) == expected
        assert ours.answer(request) == expected, "twice is once"
        assert same(put_together(ours.answer(msgspec.structs.replace(request, refer=True)), messages), expected)
        if room > 1_000_000:
            assert same(put_together(ours.answer(in_part(request, size)), messages), expected)
        cut = expected.cut


@settings(max_examples=60, deadline=None)
@given(conversation=_conversations, level=_levels, at=st.integers(1, 40), keep=st.sampled_from((None, 0, 2)))
def test_the_end_of_a_conversation_is_enough_for_whoever_has_the_rest(
    conversation: Messages, level: Level, at: int, keep: int | None
) -> None:
    at = min(at, len(conversation))
    ours = optimizer()
    ours.answer(asked(conversation[:at], level, None))
    request = asked(conversation, level, keep)
    reply = ours.answer(in_part(request, at))
    assert same(put_together(reply, conversation), optimizer(0).answer(request))


@settings(max_examples=40, deadline=None)
@given(first=_conversations, second=_conversations, third=_conversations, level=_levels)
def test_conversations_that_begin_alike_do_not_disturb_each_other(
    first: Messages, second: Messages, third: Messages, level: Level
) -> None:
    ours, nobody = optimizer(), optimizer(0)
    for messages in (first, first + second, first + third, first, first + second + third):
        request = asked(messages, level, 2)
        assert ours.answer(request) == nobody.answer(request)


TALK: Messages = [{"role": "user", "content": f"{_RULES} {i}"} for i in range(3)]


@pytest.mark.parametrize(
    "change", [{"org_id": "other"}, {"model": "gpt-4"}, {"beginning": "00"}, {"beginning": "ab" * 16}, {"known": 1}]
)
def test_what_is_not_known_is_asked_for(change: dict[str, Any]) -> None:
    """Another organization's conversation, another vocabulary's, another beginning, another number of messages."""
    ours = optimizer()
    whole = asked(TALK, "moderate", None)
    ours.answer(whole)
    assert not ours.answer(in_part(whole, 3)).missing
    reply = ours.answer(msgspec.structs.replace(in_part(whole, 3), **change))
    assert (reply.missing, reply.changed, reply.original_tokens) == (True, False, 0)


def test_a_copy_that_has_missed_turns_goes_on_from_the_last_that_it_has_read() -> None:
    one, other, nobody = optimizer(), optimizer(), optimizer(0)
    talk = [*TALK, {"role": "assistant", "content": _CODE}, {"role": "user", "content": _ROWS}]
    one.answer(asked(talk[:2], "moderate", None))
    other.answer(asked(talk[:3], "moderate", None))
    for size in (4, 5):
        request = asked(talk[:size], "moderate", None)
        for copy in (one, other):
            assert same(put_together(copy.answer(in_part(request, 2)), talk), nobody.answer(request))
    for size in (4, 3, 2):
        shorter = asked(talk[:size], "moderate", None)
        reply = one.answer(in_part(shorter, size))
        assert same(put_together(reply, talk), nobody.answer(shorter)), "a longer conversation holds the shorter one"


def test_a_beginning_that_is_no_digest_is_refused() -> None:
    with pytest.raises(BadRequest, match="hexadecimal"):
        optimizer().answer(msgspec.structs.replace(asked(TALK, "moderate", None), known=2, beginning="xy"))


@pytest.mark.parametrize(
    "unreadable",
    [b'"\\ud800"', b'[{"type":"text","text":"a","size":1e999}]'],
    ids=["half a letter", "a number past all"],
)
def test_a_message_that_nobody_can_read_is_sent_as_it_came(unreadable: bytes) -> None:
    ours, whole = optimizer(), asked(TALK, "moderate", None)
    end = b',{"role":"user","content":' + unreadable + b"}]"
    broken = msgspec.structs.replace(whole, messages=msgspec.Raw(bytes(whole.messages)[:-1] + end))
    assert ours.answer(broken) == optimizer(0).answer(broken)
    assert not ours.answer(broken).changed
    assert ours.answer(whole) == optimizer(0).answer(whole)
    assert not ours.answer(in_part(whole, 3)).missing
    with pytest.raises(BadRequest, match="array of objects"):
        ours.answer(msgspec.structs.replace(whole, messages=msgspec.Raw(b'[{"role":"user","content":"a"},1]')))


def test_a_message_that_takes_too_long_to_read_at_once_is_sent_as_it_came() -> None:
    with pytest.raises(Unavailable, match="sent as they are"):
        optimizer().answer(asked([*TALK, {"role": "user", "content": "a" * 1_100_000}], "moderate", None))


def test_of_a_conversation_that_is_too_long_to_keep_the_beginning_is_kept() -> None:
    ours = optimizer(800_000)
    long = [{"role": "assistant", "content": f"{number} {20 * _CODE}"} for number in range(30)]
    for turn in range(3):
        request = msgspec.structs.replace(asked([*long, *TALK[:turn]], "moderate", None), explain=False)
        assert ours.answer(request) == optimizer(0).answer(request)
    whole = msgspec.structs.replace(asked(long, "moderate", None), explain=False)
    assert not ours.answer(in_part(whole, 1)).missing, "some of it is known"
    assert ours.answer(in_part(whole, len(long))).missing


def test_one_organization_s_conversations_leave_room_for_another_s() -> None:
    ours = optimizer(400_000)
    ours.answer(asked(TALK, "moderate", None, org_id="small"))
    for number in range(60):
        ours.answer(asked([{"role": "user", "content": f"{number} {_CODE}"}], "moderate", None, org_id="large"))
    assert not ours.answer(in_part(asked(TALK, "moderate", None, org_id="small"), 3)).missing
