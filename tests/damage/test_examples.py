"""Every example of a prompt that teaches by example is there, at every level."""

import pytest

from tests.damage.asking import LEVELS, Messages, Sent, Strength, asker, text_of
from tests.damage.talk.examples import EXAMPLES, Examples, followed
from tests.damage.talk.form import faults

NAMES = [one.name for one in EXAMPLES]


def _lost(examples: Examples, sent: Sent) -> list[str]:
    """Examples whose question is not followed by its answer in what is sent."""
    turns = [(message["role"], text_of(message)) for message in sent.messages]
    there = list(zip(turns, turns[1:], strict=False))
    lost = []
    for asked, answer in examples.pairs:
        pair = (("user", asked), ("assistant", answer))
        if pair in there:
            there.remove(pair)
        else:
            lost.append(f"{asked!r} => {answer!r}")
    return lost


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("examples", EXAMPLES, ids=NAMES)
def test_every_example_is_there(examples: Examples, level: Strength) -> None:
    messages = examples.messages()
    sent = asker().send(messages, level)
    assert _lost(examples, sent) == []
    assert faults(messages, sent) == []


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("turns", [4, 15])
@pytest.mark.parametrize("examples", EXAMPLES, ids=NAMES)
def test_every_example_is_there_when_a_conversation_follows(examples: Examples, turns: int, level: Strength) -> None:
    messages: Messages = followed(examples, turns)
    sent = asker().send(messages, level)
    assert _lost(examples, sent) == []
    assert faults(messages, sent) == []


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(
    "examples", [EXAMPLES[0], EXAMPLES[2], EXAMPLES[10], EXAMPLES[14], EXAMPLES[20]], ids=lambda one: one.name
)
def test_examples_in_instructions_stay_as_they_are(examples: Examples, level: Strength) -> None:
    sent = asker().send(examples.in_instructions(), level)
    text = sent.texts()[0]
    for asked, answer in set(examples.pairs):
        written = f"Input: {asked}\nOutput: {answer}"
        assert text.count(written) == examples.in_instructions()[0]["content"].count(written)


def test_there_are_enough_of_them() -> None:
    assert len(EXAMPLES) >= 20
    counts = [len(one.pairs) for one in EXAMPLES]
    assert (min(counts), max(counts)) == (2, 15)
    assert 5 <= sum(one.instructions is None for one in EXAMPLES) <= 15


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("examples", EXAMPLES[::4], ids=NAMES[::4])
def test_examples_outlive_a_cut_that_stays(examples: Examples, level: Strength) -> None:
    history = followed(examples, 14)
    cut: int | None = None
    for end in range(len(examples.messages()), len(history) + 1, 2):
        sent = asker().send(history[:end], level, keep_cut=cut)
        cut = sent.reply.cut
        assert _lost(examples, sent) == [], f"lost after {end} messages"
