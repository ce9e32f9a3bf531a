"""Fillers, bold marks and articles: what is said shorter, and what is left alone."""

from collections.abc import Callable, Sequence

import pytest

from services.optimizer.domain.articles import articles
from services.optimizer.domain.english import is_english
from services.optimizer.domain.invariants import preserves
from services.optimizer.domain.marks import unmark
from services.optimizer.domain.rewording import Words
from services.optimizer.domain.spans import Edit, apply, protected
from services.optimizer.domain.wording import AGGRESSIVE, LIKELY, MODERATE


def done(find: Callable[[str], Sequence[Edit]], text: str) -> str:
    return Words(find, lambda *_: True)(text, protected(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I want you to act as a guide.", "Act as a guide."),
        ("Please note that you must not guess.", "You must not guess."),
        ("In order to help the user, look at the map.", "To help the user, look at the map."),
        ("In the event that it fails, stop the work.", "If it fails, stop the work."),
        ("Answer the user. Please note that you must be kind.", "Answer the user. You must be kind."),
        ("- Please note that the user is kind.", "- The user is kind."),
    ],
)
def test_said_shorter(text: str, expected: str) -> None:
    assert done(MODERATE.edits, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Say hello to the user, then say this. Please note that the number is on the receipt.",
        "You rewrite sentences so that they are polite. Please note that you have the book.",
        "Do this to please the customer and the team.",
        'Say "please wait" first and then look at the list.',
        "Use `in order to` literally in the answer that you write.",
        "User: please help me in order to win the game that we play",
        "Unpleased and orderly is the way that they do it.",
        "{{ please }} and https://x.example/please are the same to you.",
        "Unless told otherwise, differentiate with respect to x and integrate with respect to t.",
        "An employer must not discriminate on the basis of sex or race.",
        "Set the prior to 0.5 and do not change it.",
        "Put the books in order to the left of the door.",
        "Send the letters in order to customers who asked for them.",
        "At the present time step the model is at rest.",
        "This is a variety of apple that the majority of 5 voters like.",
        "Kindly staff members are the reason that guests return to the hotel.",
        "It is subsequent to this that the court is asked.",
    ],
)
def test_left_alone(text: str) -> None:
    assert done(MODERATE.edits, text) == text
    assert done(AGGRESSIVE.edits, text) == text


@pytest.mark.parametrize("phrase", LIKELY)
def test_no_rule_takes_away_what_must_stay(phrase: object) -> None:
    text = f"{phrase.wordy} answer 3 users and the team must not wait."  # type: ignore[attr-defined]
    assert preserves(text, done(AGGRESSIVE.edits, text), ())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("You must **never** do this to the user.", "You must never do this to the user."),
        ("It is **strictly forbidden** to do so.", "It is strictly forbidden to do so."),
    ],
)
def test_marks_go(text: str, expected: str) -> None:
    assert done(unmark, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "**Important:** be kind to the user.",
        "- **Speed** matters to the user.\n- **Care** is for the team too.",
        "Write def **init**(self) and **eq** in the class that you make.",
        "Use src/**/*.py and **/x for the files of the project.",
        "The result of 2**3**4 is what you should give.",
        "The code `**code**` is for the user to read.",
        "Set the word **never** in bold type in the answer.",
    ],
)
def test_marks_stay(text: str) -> None:
    assert done(unmark, text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "You should check the ticket and give the user an answer.",
            "You should check ticket and give user an answer.",
        ),
        ("The agent should not give the user any advice.", "Agent should not give user any advice."),
        ("If the user asks for the API, then do it.", "If user asks for API, then do it."),
    ],
)
def test_articles_go(text: str, expected: str) -> None:
    assert apply(text, articles(text), protected(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "visit The Hague and see the Louvre",
        "option a is best, choose a or b",
        "translate the text for the user",
        "write the poem about the sea",
        "solve for a in the equations of a and b",
        "they come twice in a week and for an hour",
        "The more the user asks, the more you say.",
        "that is the a key, not the b key",
        "of the two the bigger is the one that is at the same place",
        "a few and a lot of a bit",
        "it takes half a day, 3 times in a row",
        "as the first and the last of the others",
    ],
)
def test_articles_stay(text: str) -> None:
    left = apply(text, articles(text), protected(text))
    assert left == text or left == text.replace("the equations", "equations")


@pytest.mark.parametrize(
    "text",
    [
        "Responde a la pregunta de la usuaria en la lengua de la usuaria.",
        "Il faut répondre à la question et ne pas donner le nom de la personne.",
        "Il y a deux pas a faire pour le client de la maison.",
        "Antworte an die Kundin in der Sprache, in der sie schreibt.",
        "Responda a pergunta do cliente e o nome da pessoa.",
    ],
)
def test_other_languages_are_not_taken_for_english(text: str) -> None:
    assert not is_english(text)
    assert done(AGGRESSIVE.edits, text) == done(articles, text) == text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Wait 5 minutes.", "Wait minutes."),
        ("Do not delete it.", "Do delete it."),
        ("You can't refund.", "You can refund."),
        ("Never share. Never ask.", "Never share. Ask."),
        ("Only admins must sign.", "Admins must sign."),
        ("Pay 1,000.50 by 10:30.", "Pay 1,000 by 10:30."),
    ],
)
def test_the_guard_sees_what_is_lost(before: str, after: str) -> None:
    assert not preserves(before, after, protected(before))
    assert preserves(before, before, protected(before))


def test_a_text_of_blanks_is_read_once() -> None:
    """What reads it once per blank takes half a minute, in which nobody else is served."""
    assert list(articles(" " * 50_000 + "x")) == []
