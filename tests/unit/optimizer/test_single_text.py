"""One text alone: never longer, never less alike than was asked, and never another meaning."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.common.contracts.optimizer import TextRequest
from libs.common.tokens import count_text
from services.optimizer.domain.invariants import preserves
from services.optimizer.domain.spans import protected
from tests.fixtures.similarity import LIKENESS, optimizer

WORDY = (
    "I want you to act as a guide.  Please note that you must not name more than 3 places in `old town`. "
    "In order to help, look at the map and the list of the museums. "
)
PIECES = (
    WORDY,
    "Wait for the 5 o'clock train, never the 6. ",
    '{ "a": 1 }',
    '"the  quote" ',
    "\n\n\n\n",
    "naïve 東京 ",
)
texts = st.lists(st.sampled_from(PIECES) | st.text(max_size=20), max_size=5, unique=True).map("".join)


@settings(max_examples=80, deadline=None)
@given(texts, st.sampled_from([0.0, 0.7, 0.9, 0.97, 1.0]))
def test_every_promise_holds(text: str, threshold: float) -> None:
    reply = optimizer().shorten(TextRequest(text=text, similarity_threshold=threshold))
    assert reply.original_tokens == count_text("gpt-4o", text)
    assert reply.compressed_tokens == count_text("gpt-4o", reply.text) <= reply.original_tokens
    assert reply.similarity >= threshold
    if reply.text == text:
        assert reply.similarity == 1.0
    if "{" not in text:  # what is minified keeps its data, not its bytes
        assert preserves(text, reply.text, protected(text))


def test_the_threshold_decides_how_bold_it_is() -> None:
    found = [optimizer().shorten(TextRequest(text=WORDY, similarity_threshold=t)) for t in (0.0, 0.85, 1.0)]
    assert "Act as a guide. You must not name more than 3 places in `old town`." in found[0].text
    assert "look at map" in found[0].text
    assert "look at the map" in found[1].text
    assert "Please note" not in found[1].text
    assert "Please note" in found[2].text
    assert found[0].compressed_tokens < found[1].compressed_tokens < found[2].compressed_tokens


def test_what_cannot_be_shortened_comes_back() -> None:
    reply = optimizer().shorten(TextRequest(text="Hello.", similarity_threshold=0.5))
    assert (reply.text, reply.similarity, reply.compressed_tokens) == ("Hello.", 1.0, reply.original_tokens)


def test_likeness_is_one_only_where_nothing_changed() -> None:
    assert LIKENESS.between("Go  now.", "Go now.") == 1.0
    assert 0 < LIKENESS.between("Go to the house now.", "Go to house now.") < 1
    assert LIKENESS.between("Go now.", "") == 0.0


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Do not delete the file.", "Do delete the file."),
        ("Delete the file.", "Do not delete the file."),
        ("It is allowed to refund.", "It is not allowed to refund."),
        ("You can't refund it.", "You can refund it."),
        ("Never share it.", "Share it."),
        ("Wait 5 minutes.", "Wait 6 minutes."),
        ("It works without a key.", "It works with a key."),
        ("Pay by 10:30.", "Pay by 10:31."),
    ],
)
def test_an_edit_that_turns_the_meaning_round_is_vetoed_whichever_way_it_is_read(before: str, after: str) -> None:
    assert not (preserves(before, after, ()) and preserves(after, before, ()))
