"""Repeats go, first copies stay, and what only looks alike stays too."""

import pytest

from services.optimizer.domain.repeats import SAME_RESULT, Seen

SENTENCE = "Always check the order number before you promise any refund."
OTHER = "Answer in the language in which the customer wrote to you."


def test_a_sentence_goes_the_second_time() -> None:
    seen = Seen()
    assert seen.strip(f"{SENTENCE} {OTHER} {SENTENCE}", change=True) == f"{SENTENCE} {OTHER}"
    assert seen.strip(f"Hello. {OTHER}", change=True) == "Hello."


def test_a_paragraph_goes_with_its_gap() -> None:
    block = f"{SENTENCE}\n- one\n- two"
    assert Seen().strip(f"{block}\n\nShort.\n\n{block}\n\nEnd.", change=True) == f"{block}\n\nShort.\n\nEnd."


def test_without_change_it_is_only_remembered() -> None:
    seen = Seen()
    assert seen.strip(f"{SENTENCE} {SENTENCE}", change=False) == f"{SENTENCE} {SENTENCE}"
    assert seen.strip(f"Hi. {SENTENCE}", change=True) == "Hi."


@pytest.mark.parametrize(
    "text",
    [
        "Short one. Short one. Short one.",
        "Return true when a<b and c>d else zero now. Return true when a>b and c>d else zero now.",
        "Send 10 items to the warehouse in Berlin by noon. Send 11 items to the warehouse in Berlin by noon.",
        f"For admins:\n- {SENTENCE}\n\nFor guests:\n- {SENTENCE}",
        f"```\n{SENTENCE}\n\n{SENTENCE}\n```",
        f"Q: {SENTENCE}\nA: yes\n\nQ: {SENTENCE}\nA: no",
    ],
)
def test_what_only_looks_alike_stays(text: str) -> None:
    assert Seen().strip(text, change=True) == text


def test_nothing_is_emptied() -> None:
    seen = Seen()
    seen.strip(SENTENCE, change=True)
    assert seen.strip(SENTENCE, change=True) == SENTENCE


def test_a_result_points_back_to_its_twin() -> None:
    seen = Seen()
    result = '{"order": 17, "status": "shipped", "items": ["lamp", "desk", "chair"]}'
    assert seen.point_back(result) == result
    assert seen.point_back(result) == SAME_RESULT
    assert seen.point_back("ok") == seen.point_back("ok") == "ok"
