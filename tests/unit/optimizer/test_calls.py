"""Which results may be files, and whose results they are."""

import pytest

from services.optimizer.domain.calls import Call, answers
from services.optimizer.domain.conversation import Message
from services.optimizer.domain.window import duplicate_instructions


def call(name: str, id_: str) -> dict[str, object]:
    return {"role": "assistant", "tool_calls": [{"id": id_, "function": {"name": name, "arguments": "{}"}}]}


@pytest.mark.parametrize(
    "name", ["getfile", "READFILE", "fs.get", "get_config", "kubectl", "s3_get", "openDocument", "jq"]
)
def test_what_may_hand_out_a_file(name: str) -> None:
    assert Call(name, '{"id": "x"}').reads()


@pytest.mark.parametrize("argument", ["src/a.py", "Makefile", ".env", "a.toml", "C:\\\\a"])
def test_what_is_asked_for_like_a_file(argument: str) -> None:
    assert Call("lookup", f'{{"id": "{argument}"}}').reads()


@pytest.mark.parametrize("name", ["get_user_details", "search_direct_flight", "get_credit", "list_all_airports"])
def test_what_answers_data(name: str) -> None:
    assert not Call(name, '{"user_id": "mia_17", "date": "2026-01-31"}').reads()


def test_an_id_that_comes_again_belongs_to_the_call_before_it() -> None:
    result = {"role": "tool", "tool_call_id": "call_0", "content": "x"}
    known: dict[str, Call] = {}
    talk = [call("read_file", "call_0"), result, call("get_price", "call_0"), result]
    found = [answers(message, known) for message in talk]
    assert [one and one.name for one in found] == [None, "read_file", None, "get_price"]


def test_an_instruction_that_is_put_in_force_again_stays() -> None:
    texts = ["Answer in French.", "Answer in German.", "Answer in French.", "Answer in French."]
    said = [
        Message(data={"role": "system", "content": t}, tokens=5, position=i, as_it_came=True)
        for i, t in enumerate(texts)
    ]
    assert duplicate_instructions(said) == (3,)
    named = [
        Message(data={**m.data, "name": "example"}, tokens=5, position=i, as_it_came=True) for i, m in enumerate(said)
    ]
    assert duplicate_instructions(named) == ()
