"""Where a cut falls, what it keeps together, and how long it stays."""

from collections.abc import Sequence
from typing import Any

import pytest

from services.optimizer.domain.conversation import Message
from services.optimizer.domain.conversation_summary import find_values, summary, values_line
from services.optimizer.domain.prompt_cache import PromptCacheState
from services.optimizer.domain.window import cut, duplicate_instructions, newest_index


def conversation(roles: str, **fields: dict[str, Any]) -> list[Message]:
    """One letter per message: s(ystem), u(ser), a(ssistant), c(all of a tool), t(ool result)."""
    named = {"s": "system", "u": "user", "a": "assistant", "c": "assistant", "t": "tool"}
    said = {"u": "Is number {} the right one?", "a": "I think that number {} was right, for it has been there before."}
    call = {"tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]}
    return [
        Message(
            data={
                "role": named[r],
                "content": said.get(r, "text {}").format(i),
                **(call if r == "c" else {}),
                **fields.get(f"at{i}", {}),
            },
            tokens=80,
            position=i,
            as_it_came=True,
        )
        for i, r in enumerate(roles)
    ]


def place(messages: Sequence[Message], window: int, keep_cut: int | None) -> int:
    newest = newest_index(messages, window)
    held = PromptCacheState(keep_cut).reusable_cut(newest, window)
    return newest if held is None else held


def kept(messages: Sequence[Message], window: int, keep_cut: int | None = None) -> str:
    made = cut(messages, window, place(messages, window, keep_cut))
    gone = made.dropped if made else ()
    return "".join("-" if i in gone else m.role[0] for i, m in enumerate(messages))


@pytest.mark.parametrize(
    ("roles", "window", "expected"),
    [
        ("suauaua", 6, "suauaua"),
        ("sauauauau", 6, "s-uauauau"),
        ("uasuauaua", 4, "--s--uaua"),
        ("suauauau", 6, "suauauau"),
        ("suauctauaua", 6, "su-uatauaua"),
        ("suaucttauau", 6, "su-uattauau"),
        ("suctctctu", 2, "su----atu"),
    ],
)
def test_a_cut_keeps_the_window_and_never_parts_a_call_from_its_results(roles: str, window: int, expected: str) -> None:
    assert kept(conversation(roles), window) == expected


def test_the_task_and_the_turn_to_answer_stay_in_a_long_tool_loop() -> None:
    messages = conversation("s" + "ua" + "u" + "ct" * 6)
    assert kept(messages, 6) == "su-u------atatat"


def test_marked_messages_stay_with_their_group() -> None:
    messages = conversation("suct" + "ua" * 5, at2={"cache_control": {"type": "ephemeral"}})
    assert kept(messages, 4) == "suat------uaua"


def test_a_cut_stays_until_twice_the_window() -> None:
    window = 4
    earlier: int | None = None
    cuts = []
    for turns in range(1, 12):
        messages = conversation("s" + "ua" * turns)
        made = cut(messages, window, place(messages, window, earlier))
        earlier = made.index if made else earlier
        cuts.append(earlier)
    assert cuts == [None, None, 2, 2, 2, 8, 8, 8, 14, 14, 14]


@pytest.mark.parametrize("stale", [7, 9, 100, -1])
def test_a_cut_that_does_not_fit_is_made_anew(stale: int) -> None:
    messages = conversation("s" + "ua" * 5)
    assert place(messages, 4, stale) == 6
    made = cut(messages, 4, 6)
    assert made is not None
    assert made.index == 6


def test_a_cut_of_nothing_can_be_kept() -> None:
    messages = conversation("ua" * 3)
    assert place(messages, 4, 0) == 0
    assert cut(messages, 4, 0) is None
    assert place(messages, 4, None) == 2


def test_an_index_inside_a_group_moves_back_to_its_call() -> None:
    made = cut(conversation("suauacttua"), 4, 6)
    assert made is not None
    assert (made.index, made.dropped) == (4, (2, 4))


def test_the_same_instructions_once() -> None:
    messages = conversation("sususs")
    for i, text in ((0, "Be kind."), (2, "Be kind."), (4, "Be kind!"), (5, "Be  kind.")):
        messages[i].data["content"] = text
    assert duplicate_instructions(messages) == (2,)


def test_the_summary_counts_what_went() -> None:
    assert summary(conversation("uactuau")) == (
        "[Earlier context pruned: 3 user and 3 assistant messages were removed to save tokens.]"
    )


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("Order AB-1234 on 2026-01-31 for $1,250.00", ["AB-1234", "2026-01-31", "$1,250.00"]),
        ("mail jo@example.com or call +44-20-1234", ["jo@example.com", "44-20-1234"]),
        ("in 12 days, 3 of 100", []),
        ('{"address1": "7 High Street", "zip": "78750"}', ["78750"]),
        ("at 2026-01-31T10:20:30 or 10:20", []),
        ("€5 and £17.50", ["€5", "£17.50"]),
        ('{"card_1234": {"id": "card_1234"}}', ["card_1234"]),
        (f"{'x1' * 40} and B2-77", ["B2-77"]),
    ],
)
def test_values(text: str, values: list[str]) -> None:
    assert list(find_values(text)) == values


def test_the_line_names_what_is_gone_and_not_what_is_still_there() -> None:
    messages = conversation("uua")
    for message, text in zip(
        messages, ("code AAA111 and BBB222", "code CCC333 and AAA111", "about BBB222"), strict=True
    ):
        message.data["content"] = text
    assert values_line(messages[:2], messages[2:]) == "Values seen earlier: CCC333 AAA111"
    assert values_line(messages[:2], messages[2:], most=1) == "Values seen earlier: AAA111"
    assert values_line([], messages) == ""


def test_of_a_tool_only_long_numbers_and_codes_are_named() -> None:
    messages = conversation("uctu")
    messages[0].data["content"] = "My number is 78750."
    messages[2].data["content"] = '{"price": 1250, "zip": "28271", "order": 4418823, "from": "SFO", "note": "A few"}'
    assert values_line(messages[:3], messages[3:]) == "Values seen earlier: 78750 4418823 SFO"


def test_a_value_with_blanks_is_quoted() -> None:
    messages = conversation("cu")
    messages[0].data["tool_calls"][0]["function"]["arguments"] = '{"city": "New York"}'
    assert values_line(messages[:1], messages[1:]) == 'Values seen earlier: "New York"'
