"""The normal form: what is taken away, what is turned round, and what stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cache.domain.normalise import clean, expand_possessives, normalise, strip_courtesy
from tests.unit.cache.examples import DOCUMENTED_HITS, PARAPHRASES


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("Please tell me the owner's name.", "name of the owner"),
        ("Hi there! Could you please tell me what the boiling point of tin is? Thanks!", "boiling point of tin"),
        ("what's   the time-zone of  Peru ?!", "time-zone of peru"),
        ("How do I sort a list?", "how do i sort a list"),
        ("Can you sort this list, please?", "sort this list"),
        ("Can you swim?", "can you swim"),
        ("I want you to sort this list", "sort this list"),
        ("Write me a haiku", "write a haiku"),
        ("Could you sort this list for me?", "sort this list"),
        ("How old is the bridge in Peru?", "age of the bridge in peru"),
        ("How tall is Mt. Cook?", "height of mt. cook"),
        ("How long is it safe to run?", "how long is it safe to run"),
        ("How much time does it take?", "how long does it take"),
        ("Why are cats unable to fly?", "why are cats not able to fly"),
        ("What are some ways to lower a fever?", "how to lower a fever"),
        ("What is the best way of cleaning a pan?", "how to cleaning a pan"),
        ("What is the fastest way to lower a fever?", "fastest way to lower a fever"),
        ("What is the City of London?", "city of london"),
        ("How does it feel to be a nurse?", "it like to be a nurse"),
        ("What makes garlic so good?", "why is garlic so good"),
        ("Who is a notary?", "notary"),
        ("Who is a notary in Peru?", "notary in peru"),
        ("Why doesnt it rain?", "why does not it rain"),
        ("Why cant I sleep?", "why can not i sleep"),
        ("What is cant?", "cant"),
        ("Tell me about Peru", "tell me about peru"),
        ("Do you know Peru?", "do you know peru"),
        ("Who do critics think is the best cook?", "best cook according to critics"),
        ("please", "please"),
        ("What is", "what is"),
        ("???", "???"),
        ("", ""),
    ],
)
def test_form(text: str, form: str) -> None:
    assert normalise(text) == form


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("the blue whale's old heart", "old heart of the blue whale"),
        ("Is Moby Dick's plot long?", "Is plot long of Moby Dick?"),
        ("my students' rights", "rights of my students"),
        ("Peru's president's wife", "wife of president of Peru"),
        ("compare bob's car with ann's", "compare car of bob with ann's"),
        ("rock 'n' roll", "rock 'n' roll"),
        ("no possession", "no possession"),
        ("Peru's `f(x)` and it's `g (y)`", "Peru's `f(x)` and it's `g (y)`"),
        ("What is Ann's age, and Bob's?", "What is age of Ann, and Bob's?"),
    ],
)
def test_possessives(text: str, expanded: str) -> None:
    assert expand_possessives(text) == expanded


def test_contractions_are_spelled_out_and_case_stays() -> None:
    assert clean("It’s  Ann’s; she can't, won't and doesn't") == "It is Ann's; she can not, will not and does not"


def test_courtesy_is_not_all_there_is() -> None:
    assert strip_courtesy("thanks") == "thanks"


@pytest.mark.parametrize(("stored", "asked"), DOCUMENTED_HITS[:1] + PARAPHRASES)
def test_possessive_paraphrases_meet_in_one_form(stored: str, asked: str) -> None:
    assert normalise(stored) == normalise(asked)


@given(st.text(max_size=200))
def test_any_text_has_a_form_and_it_is_stable(text: str) -> None:
    form = normalise(text)
    assert form == form.strip()
    assert bool(form) == bool(text.strip())
    assert normalise(text) == form


@given(
    st.lists(
        st.sampled_from(
            "the a Ann's dogs' what is please of tell me how tall old who do men think it's boat? US hey, can you".split()
        ),
        max_size=10,
    )
)
def test_a_form_is_its_own_form(words: list[str]) -> None:
    form = normalise(" ".join(words))
    assert normalise(form) == form


@given(
    st.lists(st.sampled_from("the a Ann's dogs' what is please of tell me red, it's old boat?".split()), max_size=12)
)
def test_expansion_only_moves_words(words: list[str]) -> None:
    def bare(text: str) -> list[str]:
        return sorted(word.strip("?,").removesuffix("'s").rstrip("'") for word in text.split() if word != "of")

    text = " ".join(words)
    assert bare(expand_possessives(text)) == bare(text)
