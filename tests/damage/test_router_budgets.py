"""A budget that steps down: what moves, and what may not."""

import pytest

from tests.damage.router_asking import ask

HARD = "Prove that every finite integral domain is a field, and discuss whether the converse holds for division rings."
GOING = (("user", HARD), ("assistant", "Let R be finite. Shall I go on?"))


@pytest.mark.parametrize(
    "said",
    [HARD, "Wie beweist man, dass es unendlich viele Primzahlen gibt?", "พิสูจน์ว่ามีจำนวนเฉพาะมากมายไม่จำกัด", "go", "?"],
)
def test_whatever_begins_goes_to_the_cheapest_model(said: str) -> None:
    reply = ask(("user", said), model="gpt-4o", step_down=True)
    assert (reply.model, reply.reason, reply.tier) == ("gpt-4o-mini", "budget", "simple")
    assert reply.signals[0] == "budget"


def test_instructions_that_are_hard_step_down_too() -> None:
    reply = ask(("system", f"{HARD} Answer in the user's words."), ("user", "Hello"), model="gpt-4o", step_down=True)
    assert reply.model == "gpt-4o-mini"


@pytest.mark.parametrize("said", ["yes, go on", "ok", "Why is that so?", "2"])
def test_a_conversation_that_goes_on_keeps_its_model(said: str) -> None:
    for step_down in (False, True):
        assert ask(*GOING, ("user", said), model="gpt-4o", step_down=step_down).model == "gpt-4o"


TASK = ("user", "Write a lock-free single-producer single-consumer ring buffer in C++.")


def test_a_new_task_steps_down_where_that_saves() -> None:
    small = (("user", "What is the capital of France?"), ("assistant", "Paris."))
    assert ask(*small, TASK, model="gpt-4o").model == "gpt-4o"
    assert ask(*small, TASK, model="gpt-4o", step_down=True).reason == "budget"
    other = (("user", HARD), ("assistant", "Done."), ("user", "What is the capital of France?"))
    assert ask(*other, model="gpt-4o", step_down=True).reason == "budget"


def test_a_new_task_stays_where_the_prefix_is_worth_more() -> None:
    warm = (("user", f"{HARD}\n" + "A line of the file.\n" * 30_000), ("assistant", "Thank you."))
    assert ask(*warm, TASK, model="gpt-4o", tiers={"openai": {"simple": "gpt-4.1"}}, step_down=True).model == "gpt-4o"


def test_with_tools_that_write_nothing_goes_down() -> None:
    for said in ([("user", HARD)], [*GOING, ("user", "What is the capital of France?")]):
        assert ask(*said, model="gpt-4o", tools=("cancel_order",), step_down=True).model == "gpt-4o"
    assert ask(("user", HARD), model="gpt-4o", tools=("get_weather",), step_down=True).model == "gpt-4o-mini"
