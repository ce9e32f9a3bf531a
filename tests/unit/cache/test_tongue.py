"""What counts as English, what hides, and which slips are taken back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cache.domain.characters import hides, latin
from services.cache.domain.identity import own_direction
from services.cache.domain.language import english
from services.cache.domain.normalise import repeat_form
from services.cache.domain.spelling import repaired


@pytest.mark.parametrize(
    "text",
    [
        "What is tin?",
        "how do i configure kubectl with minikube",
        "Is it safe to swim?",
        "Are butterflies cheaper than dogs?",
        "Is Ann Wood an interpreter or an auditor?",
        "Who painted Guernica?",
        "boiling point",
        "Where is Malmö?",
        "What's the capital of El Salvador?",
        "Write a “short” poem – about rain…",
    ],
)
def test_english_shows_itself(text: str) -> None:
    assert english(text)


@pytest.mark.parametrize(
    "text",
    [
        "Wie hoch ist der Turm?",
        "Tür öffnen",
        "tur offnen",
        "Is goud duur?",
        "was war in Bonn",
        "mo cua the nao",
        "Czy to jest dobre?",
        "computer start kaise kare",
        "Buka pintu",
        "Translate: Wie öffne ich die Tür, wenn der Schlüssel fehlt?",
        "What is 火?",
        "Is it ok to send 👍?",
        "kubectl minikube",
        "",
        "42",
    ],
)
def test_in_doubt_it_is_none(text: str) -> None:
    assert not english(text)


@given(st.text(max_size=60))
def test_any_text_is_judged(text: str) -> None:
    assert english(text) <= latin(text)
    assert repeat_form(repeat_form(text)) == repeat_form(text) or not latin(text)
    assert hides(text + "\u200b")


@pytest.mark.parametrize(
    "sign", ["\u00ad", "\u200d", "\u2066", "\ufe0f", "\u3164", "\U000e0020", "\ue000", "\x00", "\x1b"]
)
def test_signs_that_nobody_sees(sign: str) -> None:
    assert hides(f"What is{sign} tin?")


@pytest.mark.parametrize("text", ["What is tin?\n\tSay it.", "naïve café", "non\u00a0breaking", "“quoted” – 5 €", "水"])
def test_signs_that_everybody_sees(text: str) -> None:
    assert not hides(text)


def test_only_the_same_text_is_near_its_own_direction() -> None:
    texts = [f"ປະຕູ {number}" for number in range(50)]
    vectors = [own_direction(text, 256) for text in texts]
    assert vectors[0] @ own_direction(texts[0], 256) == pytest.approx(1.0)
    assert max(abs(float(one @ other)) for at, one in enumerate(vectors) for other in vectors[:at]) < 0.4


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("how do i recieve a parcel", "how do i receive a parcel"),
        ("waht is teh time", "what is the time"),
        ("a chikcen pie", "a chicken pie"),
        ("how to excercise", "how to exercise"),
        ("a wierd goverment", "a weird government"),
        ("a calender machine", "a calender machine"),
        ("what is phycology", "what is phycology"),
        # Words of their own, and words that nobody here knows.
        ("a martial law", "a martial law"),
        ("what does proscribe mean", "what does proscribe mean"),
        ("a dose of clonidine", "a dose of clonidine"),
        ("run kubeclt.py", "run kubeclt.py"),
        ("Recieve", "Recieve"),
    ],
)
def test_slips_are_taken_back_and_nothing_else(typed: str, meant: str) -> None:
    assert repaired(typed) == meant
