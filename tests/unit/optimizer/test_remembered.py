"""What is found out about a text is there when the text comes again, for whoever sent it, within bounds."""

import json

import msgspec
import pytest

from libs.common.byte_store import ByteStore
from libs.common.contracts.auth import OptimizationSettings
from libs.common.contracts.optimizer import OptimizeRequest
from libs.common.errors import Unavailable
from services.optimizer.domain.remembered import Memory, remembered, remembering, weight
from services.optimizer.pipeline import Optimizer
from tests.damage.corpus.catalogue import files
from tests.fixtures.similarity import LIKENESS

READ: list[str] = []


@remembered
def letters(text: str) -> tuple[str, ...]:
    READ.append(text)
    return tuple(text)


@pytest.fixture(autouse=True)
def nothing_read() -> None:
    READ.clear()


def test_a_text_is_read_once_for_each_owner() -> None:
    store: ByteStore[bytes, object] = ByteStore(1 << 20, 1 << 20)
    for owner in ("a", "a", "b", "a"):
        with remembering(Memory(store, owner)):
            assert letters("said") == tuple("said")
    assert READ == ["said", "said"], "what one has asked shows nobody else"


def test_nobody_pushes_out_what_is_another_s() -> None:
    store: ByteStore[bytes, object] = ByteStore(40_000, 10_000)
    with remembering(Memory(store, "small")):
        letters("said")
    with remembering(Memory(store, "large")):
        for number in range(200):
            letters(f"number {number}")
        assert store.held("large") <= 10_000
    with remembering(Memory(store, "small")):
        letters("said")
    assert READ.count("said") == 1
    assert store.bytes <= 40_000


def test_nothing_new_is_read_once_the_time_is_over_and_what_was_is_there() -> None:
    store: ByteStore[bytes, object] = ByteStore(1 << 20, 1 << 20)

    def over() -> None:
        raise Unavailable("Over.")

    with remembering(Memory(store, "a")):
        letters("said")
    with remembering(Memory(store, "a", over)):
        assert letters("said")
        with pytest.raises(Unavailable):
            letters("unsaid")


def test_a_value_weighs_at_least_its_letters() -> None:
    assert weight(("a" * 100, {"b" * 50: ["c" * 25]})) > 4 * 175


class Ticks:
    """A clock on which each look takes a second."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1
        return self.now


def test_a_long_conversation_is_gone_on_with_at_its_next_turn() -> None:
    messages: list[dict[str, str]] = []
    for number, file in enumerate(list(files())[:60:2]):
        messages += [
            {"role": "user", "content": f"{file.text}\n\nWhat is wrong with number {number}?"},
            {"role": "assistant", "content": f"Nothing is wrong with it, number {number}."},
        ]
    messages.append({"role": "user", "content": "And now?"})
    at_once, patient = (Optimizer(LIKENESS, 8_000_000, seconds, Ticks()) for seconds in (None, 30.0))
    tries = 0
    while True:
        request = OptimizeRequest(
            model="gpt-4o",
            messages=msgspec.Raw(json.dumps(messages).encode()),
            settings=OptimizationSettings(),
            org_id="org",
        )
        tries += 1
        try:
            made = patient.answer(request)
        except Unavailable:
            assert tries < 30
            messages += [{"role": "assistant", "content": f"Turn {tries}."}, {"role": "user", "content": "Go on."}]
            continue
        break
    assert tries > 2, "one turn has not the time for all of it"
    expected = at_once.answer(request)
    assert msgspec.json.encode(made) == msgspec.json.encode(expected)
