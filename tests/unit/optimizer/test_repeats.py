"""Repeats go, first copies stay, and what only looks alike stays too."""

import pytest

from services.optimizer.domain.calls import Call
from services.optimizer.domain.conversation import Message
from services.optimizer.domain.repeats import once
from services.optimizer.domain.results import ToolResultTruncation, pointers
from services.optimizer.domain.spans import protected

SENTENCE = "Always check the order number before you promise any refund."
OTHER = "Answer in the language in which the customer wrote to you."
RESULT = '{"customer": "Jo Doe", "order": 17, "status": "shipped", "items": ["lamp", "desk", "chair"], "city": "Lisbon", "carrier": "Post"}'


def stripped(text: str) -> str:
    """Until nothing more is found, as the levers do it."""
    shorter = once(text, protected(text))
    return text if shorter == text else stripped(shorter)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{SENTENCE} {OTHER} {SENTENCE}", f"{SENTENCE} {OTHER}"),
        (f"{SENTENCE}\n\n{OTHER}\n\n{SENTENCE} {OTHER}", f"{SENTENCE}\n\n{OTHER}"),
        (f"{SENTENCE} {SENTENCE} {OTHER}", f"{SENTENCE} {OTHER}"),
    ],
)
def test_an_instruction_goes_the_second_time(text: str, expected: str) -> None:
    assert stripped(text).rstrip() == expected


@pytest.mark.parametrize(
    "text",
    [
        "Keep it short. Keep it short. Keep it short.",
        "Return true when a<b and c>d else zero now. Return true when a>b and c>d else zero now.",
        "Send 10 items to the warehouse in Berlin by noon. Send 11 items to the warehouse in Berlin by noon.",
        f"For admins:\n- {SENTENCE}\n\nFor guests:\n- {SENTENCE}",
        f"For admins:\n\n{SENTENCE}\n\nFor guests:\n\n{SENTENCE}",
        f"# Refunds\n\n{SENTENCE}\n\n# Exchanges\n\n{SENTENCE}",
        f"A customer writes that a parcel is late. {SENTENCE} A customer writes that a parcel is broken. {SENTENCE}",
        f"If the customer is angry, say sorry. {SENTENCE} If the customer is calm, do not. {SENTENCE}",
        f"```\n{SENTENCE}\n\n{SENTENCE}\n```",
        f"Q: {SENTENCE}\nA: yes\n\nQ: {SENTENCE}\nA: no",
        "Siempre comprueba el número del pedido antes de prometer nada. " * 2,
        f"2026-11-27 ERROR {SENTENCE}\n2026-11-27 ERROR {SENTENCE}",
    ],
)
def test_what_only_looks_alike_stays(text: str) -> None:
    assert stripped(text) == text


def result(i: int, text: str, name: str = "find_order", **fields: object) -> Message:
    data = {"role": "tool", "tool_call_id": f"c{i}", "content": text, **fields}
    return Message(data=data, tokens=50, position=i, as_it_came=True, call=Call(name, f'{{"id": {i}}}'))


def test_a_result_points_back_to_its_twin_and_names_it() -> None:
    found = pointers([result(0, RESULT), result(1, "ok"), result(2, RESULT), result(3, "ok")], ())
    assert found == {2: '[Same as the earlier result of find_order {"id": 0}]'}


def test_only_the_same_bytes_are_the_same() -> None:
    """In most languages that have blanks at the beginning of a line, these are two programs."""
    indented = "if a:\n    b()\nc()\n" * 10
    assert pointers([result(0, indented), result(1, indented.replace("    ", "  "))], ()) == {}


def test_nothing_points_at_what_is_cut_short_or_at_a_call_that_nobody_knows() -> None:
    twins = [result(0, RESULT), result(1, RESULT), result(2, RESULT)]
    assert list(pointers(twins, {0})) == [2], "the second is whole"
    assert list(pointers(twins, {0, 1})) == []
    unknown = Message(data=twins[0].data, tokens=50, position=0, as_it_came=True)
    assert pointers([unknown, unknown], ()) == {}


def test_files_and_what_comes_twice_are_never_cut_short() -> None:
    spoken = Message(data={"role": "assistant", "content": "Done."}, tokens=5, position=9, as_it_came=True)
    data = [f'{{"order": {i}, "status": "shipped", "items": ["lamp", "desk", "chair"]}}' for i in range(4)]
    messages = [
        result(0, data[0]),
        result(1, data[1]),
        result(2, data[1]),
        result(3, data[2], "read_file"),
        result(4, "x = 1\n" * 50),
        result(5, data[3]),
        spoken,
    ]
    masking = ToolResultTruncation(whole=1, head=10, values=5)
    assert masking.old(messages, range(len(messages))) == [0, 5]
