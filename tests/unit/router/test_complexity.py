"""The score knows hard from easy where length does not, and does not care how a prompt is dressed."""

import time
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.router.domain.complexity import Complexity, classify, extract_features
from services.router.domain.parsed_prompt import parse_prompt
from services.router.domain.quality_uplift import shipped
from services.router.weights import load_weights
from tests.unit.router.hard_and_easy import (
    ALSO_SHORT_BUT_HARD,
    ALSO_SIMPLE,
    COMPLEX,
    LONG_BUT_EASY,
    SHORT_BUT_HARD,
    SIMPLE,
)

WEIGHTS = load_weights()
SHIPPED = shipped(WEIGHTS.prior)
EVERY = SHORT_BUT_HARD + LONG_BUT_EASY + SIMPLE + COMPLEX


def judge(prompt: str, cost_quality: float | None = None) -> Complexity:
    return classify(extract_features(prompt, WEIGHTS.judge, WEIGHTS.words), SHIPPED, cost_quality)


def tiers(prompts: tuple[str, ...]) -> Counter[str]:
    return Counter(judge(prompt).tier for prompt in prompts)


def test_hard_and_easy_are_told_apart() -> None:
    hard, easy = tiers(SHORT_BUT_HARD), tiers(LONG_BUT_EASY)
    print("\n                 simple  medium  complex")
    for name, found in (("short but hard", hard), ("long but easy", easy)):
        print(f"{name:16}" + "".join(f"{found[tier]:8}" for tier in ("simple", "medium", "complex")))
    assert hard["simple"] == 0
    assert hard["complex"] >= 20
    assert easy["simple"] + easy["medium"] >= 24
    assert easy["simple"] >= 15


@pytest.mark.parametrize("prompt", ALSO_SHORT_BUT_HARD)
def test_no_short_but_hard_prompt_is_simple(prompt: str) -> None:
    assert judge(prompt).tier != "simple"


def test_most_plain_prompts_are_simple() -> None:
    assert tiers(ALSO_SIMPLE)["simple"] >= 0.85 * len(ALSO_SIMPLE)


@pytest.mark.parametrize("prompt", SIMPLE)
def test_plain_questions_are_simple(prompt: str) -> None:
    assert judge(prompt).tier == "simple"


@pytest.mark.parametrize("prompt", COMPLEX)
def test_reviews_proofs_and_many_steps_are_complex(prompt: str) -> None:
    assert judge(prompt).tier == "complex"


@pytest.mark.parametrize(
    "prompt",
    [
        "Explain recursion in 2 sentences.",
        "What is quantum computing?",
        "Explain quantum computing.",
        "Hello!",
        "What is the capital of Peru?",
        "What is the capital city of Norway?",
        "What's the population of Canada?",
        "Who invented the telephone?",
        "Tell me a joke",
        "What is an API?",
    ],
)
def test_what_people_try_first_is_simple(prompt: str) -> None:
    assert judge(prompt).tier == "simple"


@pytest.mark.parametrize(
    "prompt",
    [
        "Tom has 3 boxes of 12 eggs. He breaks half a dozen and sells the rest at $0.25 each. How much does he earn?",
        "My pandas merge doubles rows. What is wrong?",
        "What is the sum of the reciprocals of all squares?",
        "Is it ethical to break a promise to save a stranger?",
        "What's the next number: 1, 11, 21, 1211, 111221?",
        "Summarise the holding and the dissent, and predict the appeal.",
        "How do I invert a binary tree iteratively?",
        "Five people must cross a bridge in 15 minutes with one torch.",
    ],
)
def test_more_short_and_hard_ones_are_not_simple(prompt: str) -> None:
    assert judge(prompt).tier != "simple"


dressing = st.sampled_from(["please ", "Please, ", "Could you please ", "Hi! ", "kindly ", "I would like you to ", ""])
gaps = st.sampled_from([" ", "  ", "\n", "\t", " \n\n "])


@given(st.sampled_from(EVERY), st.sampled_from([str.upper, str.lower, str.title, str]), gaps)
def test_case_and_blanks_make_no_difference(prompt: str, case: type[str], gap: str) -> None:
    plain = judge(prompt)
    assert judge(gap + gap.join(case(prompt).split()) + gap) == plain


@given(st.sampled_from(SHORT_BUT_HARD + SIMPLE), dressing, st.sampled_from([" Thanks!", " Thank you very much!", ""]))
def test_courtesy_does_not_change_the_tier(prompt: str, before: str, after: str) -> None:
    assert judge(before + prompt + after).tier == judge(prompt).tier


@given(st.text(max_size=300))
def test_any_text_has_a_score(prompt: str) -> None:
    found = judge(prompt)
    assert 0 <= found.score <= 1
    assert found == judge(prompt)


def test_the_dial_moves_the_cuts() -> None:
    order = {"simple": 0, "medium": 1, "complex": 2}
    for prompt in EVERY:
        cheap, even, strong = (order[judge(prompt, dial).tier] for dial in (0.0, 0.5, 1.0))
        assert cheap <= even <= strong
    assert tiers(EVERY) == Counter(judge(prompt, 0.5).tier for prompt in EVERY)
    assert tiers(EVERY)["simple"] < Counter(judge(prompt, 0.0).tier for prompt in EVERY)["simple"]


def test_signals_say_why() -> None:
    assert "proof" in judge("Prove that there are infinitely many primes.").signals
    assert judge("What is the capital of France?").signals[0] == "short_and_easy"
    assert not judge("Blue fish.").known


def test_the_ask_is_found_at_either_end() -> None:
    story = "The cat sat on the mat and looked at the rain. " * 20
    assert parse_prompt(f"Translate to Spanish:\n\n{story}").request_text == "translate to spanish:"
    assert parse_prompt(f"{story}\n\nWhere did the cat sit?").request_text == "where did the cat sit?"


@pytest.mark.parametrize(
    "text", ["a" * 1_000_000, "if " * 300_000, "```" * 100_000, "1. " * 200_000, "?" * 500_000, "(" * 500_000]
)
def test_hostile_prompts_are_quick(text: str) -> None:
    started = time.process_time()
    judge(text)
    assert time.process_time() - started < 2


@pytest.mark.parametrize("prompt", ["", "   \n"])
def test_an_empty_prompt_is_no_evidence(prompt: str) -> None:
    """A picture without words, for one: nobody knows how hard it is."""
    assert not judge(prompt).known
