"""Fillers, bold marks and articles: what is said shorter, and what is left alone."""

import pytest

from services.optimizer.domain.articles import drop_articles
from services.optimizer.domain.compression import PHRASES, shorten, unmark
from services.optimizer.domain.guard import preserves
from services.optimizer.domain.spans import protected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Please answer briefly.", "Answer briefly."),
        ("I want you to act as a guide.", "Act as a guide."),
        ("Please note that you must not guess.", "You must not guess."),
        ("Look it up in order to be sure.", "Look it up to be sure."),
        ("In the event that it fails, stop.", "If it fails, stop."),
        ("Answer. Please be kind.", "Answer. Be kind."),
        ("- Please be kind.\n- Kindly wait.", "- Be kind.\n- Wait."),
    ],
)
def test_said_shorter(text: str, expected: str) -> None:
    assert shorten(text, protected(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Do this to please the customer.",
        'Say "please wait" first.',
        "Use `in order to` literally.",
        "User: please help me in order to win",
        "Unpleased and orderly.",
        "{{ please }} and https://x.example/please",
    ],
)
def test_left_alone(text: str) -> None:
    assert shorten(text, protected(text)) == text


@pytest.mark.parametrize("phrase", sorted(PHRASES))
def test_no_rule_takes_away_what_must_stay(phrase: str) -> None:
    text = f"{phrase} 3 users must not wait."
    assert preserves(text, shorten(text, ()), ())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("**Important:** be kind.", "Important: be kind."),
        ("- **Speed** matters\n\n- **Care** too", "- Speed matters\n- Care too"),
        ("# Heading\n\nText", "# Heading\n\nText"),
        ("src/**/*.py and **/x", "src/**/*.py and **/x"),
        ("2**3**4", "2**3**4"),
        ("`**code**`", "`**code**`"),
        ("A line.\n\n- item", "A line.\n\n- item"),
    ],
)
def test_marks(text: str, expected: str) -> None:
    assert unmark(text, protected(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("check the user and a ticket", "check user and ticket"),
        ("visit The Hague and the Louvre", "visit The Hague and the Louvre"),
        ("option a is best, choose a or b", "option a is best, choose a or b"),
        ("translate the text for the user", "translate the text for the user"),
        ("write the poem about the sea", "write the poem about the sea"),
        ('say "in the end" to the user', 'say "in the end" to user'),
    ],
)
def test_articles(text: str, expected: str) -> None:
    assert drop_articles(text, protected(text)) == expected


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Wait 5 minutes.", "Wait minutes."),
        ("Do not delete it.", "Do delete it."),
        ("You can't refund.", "You can refund."),
        ("Never share. Never ask.", "Never share. Ask."),
        ("Only admins must sign.", "Admins must sign."),
        ("Pay 1,000.50 by 10:30.", "Pay 1,000 by 10:30."),
        ('Say "a  b".', 'Say "a b".'),
    ],
)
def test_the_guard_sees_what_is_lost(before: str, after: str) -> None:
    assert not preserves(before, after, protected(before))
    assert preserves(before, before, protected(before))


def test_a_text_of_blanks_is_read_once() -> None:
    """What reads it once per blank takes half a minute, in which nobody else is served."""
    assert drop_articles(" " * 50_000 + "x", []) == " " * 50_000 + "x"
