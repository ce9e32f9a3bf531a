"""What the router is told of a conversation."""

from typing import Any

import msgspec

from libs.common.conversation import MOST_LETTERS, MOST_TURNS, ends, system_text, user_turns, weight


class Said(msgspec.Struct, frozen=True):
    role: str
    texts: tuple[str, ...] = ()
    tool_calls: list[dict[str, Any]] = []


def test_turns_come_with_what_was_asked_before_them_and_what_stands_before() -> None:
    talk = [
        Said("system", ("Be brief.",)),
        Said("user", ("a" * 400,)),
        Said("assistant", ("Which one?",)),
        Said("tool", ("b" * 40,)),
        Said("user", ("the second",)),
    ]
    first, second = user_turns(talk, tool_bytes=80)
    assert (first.asked, first.tokens, first.before) == ("", 100, 22)
    assert (second.text, second.asked, second.before) == ("the second", "Which one?", (80 + 9 + 400 + 10 + 40) // 4)
    assert system_text(talk) == "Be brief."


def test_only_the_first_turns_travel_and_long_ones_without_their_middle() -> None:
    talk = [Said("user", (f"turn {n}",)) for n in range(200)]
    assert [turn.text for turn in user_turns(talk, 0)] == [f"turn {n}" for n in range(MOST_TURNS)]
    long = user_turns([Said("user", ("a" * 100_000,))], 0)[0]
    assert len(long.text) < 13_000
    assert long.tokens == 25_000
    assert ends("short") == "short"
    many = user_turns([Said("user", ("a" * 50_000,))] * 60, 0)
    assert sum(len(turn.text) for turn in many) <= MOST_LETTERS + 13_000


def test_a_later_turn_changes_nothing_about_earlier_ones() -> None:
    talk = [Said("user", ("one",)), Said("assistant", ("Two?",)), Said("user", ("three",)), Said("user", ("four",))]
    assert user_turns(talk, 9)[:2] == user_turns(talk[:3], 9)


def test_arguments_of_tool_calls_have_a_weight_too() -> None:
    call = {"id": "1", "function": {"name": "f", "arguments": '{"a": 1}'}}
    assert weight(Said("assistant", ("ok",), [call, {"function": None}, {}])) == 10
    assert weight(Said("user", ("\ud83d",))) == 3
