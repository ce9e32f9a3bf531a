"""Sentences that say something else when a phrase, an article or a mark in them is taken for idle."""

import pytest

from tests.damage.asking import LEVELS, Strength, asker, system, user
from tests.damage.talk.sentences import ARTICLES, LITERALS, MARKS, PHRASES, PREAMBLE, SAID, TONGUES, Turned

SENTENCES = [*PHRASES, *ARTICLES, *MARKS, *LITERALS, *SAID]
GENTLE = [level for level in LEVELS if level != "aggressive"]
THRESHOLDS = (0.8, 0.9, 0.95)


def _instructions(sentence: str, level: Strength) -> str:
    """What becomes of the sentence at the end of instructions that are otherwise ordinary, and in their middle."""
    first, _, rest = PREAMBLE.partition(". ")
    found = []
    for text in (f"{PREAMBLE} {sentence}", f"{first}. {sentence} {rest}", f"{PREAMBLE}\n\n{sentence}"):
        found.append(asker().send([system(text), user("Hello")], level).texts()[0])
    return "\n\0\n".join(found)


def test_there_are_enough_of_them() -> None:
    assert len(SENTENCES) >= 60


@pytest.mark.parametrize("turned", SENTENCES, ids=lambda one: one.sentence[:60])
def test_a_sentence_stays_below_the_aggressive_level(turned: Turned) -> None:
    for level in GENTLE:
        assert _instructions(turned.sentence, level).count(turned.sentence) == 3, level


@pytest.mark.parametrize("turned", SENTENCES, ids=lambda one: one.sentence[:60])
def test_what_it_hangs_on_stays_at_the_aggressive_level(turned: Turned) -> None:
    after = _instructions(turned.sentence, "aggressive")
    for core in turned.cores:
        assert after.lower().count(core.lower()) >= 3, core


@pytest.mark.parametrize("turned", SENTENCES, ids=lambda one: one.sentence[:60])
def test_what_it_hangs_on_stays_in_a_text_by_itself(turned: Turned) -> None:
    for threshold in THRESHOLDS:
        after = asker().shorten(f"{PREAMBLE} {turned.sentence}", threshold)
        for core in turned.cores:
            assert core.lower() in after.lower(), threshold


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("text", TONGUES, ids=lambda text: text[:20])
def test_instructions_in_other_languages_stay(text: str, level: Strength) -> None:
    assert asker().send([system(text), user("?")], level).texts()[0] == text
    assert text in asker().send([system(f"{PREAMBLE}\n\n{text}"), user("?")], level).texts()[0]
    assert all(asker().shorten(text, threshold) == text for threshold in THRESHOLDS)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("turned", SENTENCES[::3], ids=lambda one: one.sentence[:60])
def test_a_person_is_never_reworded(turned: Turned, level: Strength) -> None:
    text = f"Please look at this:  in order to pass, I wrote the following. {turned.sentence} Is it right?"
    assert asker().send([system(PREAMBLE), user(text)], level).texts()[1] == text


TO_COPY = (
    "Please note that the author is not a lawyer, and in the event that the answer is wrong the shop pays the customer."
)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(
    "above",
    [
        "Copy the disclaimer below word for word.\n\n",
        "End each answer with exactly this text\n",
        "Finish with the following message\n\n",
        "Keep these sentences unchanged in your reply.\n\n\n",
    ],
)
def test_what_a_line_points_down_at_stays(above: str, level: Strength) -> None:
    assert TO_COPY in asker().send([system(PREAMBLE + "\n\n" + above + TO_COPY), user("Hello")], level).texts()[0]


def test_a_line_that_points_at_nothing_is_prose() -> None:
    text = "Please make sure that you check   the following text for the customer in order to find the errors in it."
    assert len(asker().send([system(text), user("Hello")], "moderate").texts()[0]) < len(text)
