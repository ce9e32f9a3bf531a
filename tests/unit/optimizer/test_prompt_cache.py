"""A cut that the provider's cache makes dearer is not made, and the reply says so."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.common.contracts.auth import OptimizationSettings
from libs.common.contracts.optimizer import OptimizeReply, OptimizeRequest
from libs.common.tokens import count_message
from tests.fixtures.similarity import optimizer

Messages = list[dict[str, Any]]
OPTIMIZER = optimizer(4_096)


def conversation(lengths: list[int]) -> Messages:
    """Instructions, then turns of so many words, user and assistant in turn."""
    turns = [
        {"role": ("user", "assistant")[i % 2], "content": f"Turn {i}:" + f" {chr(97 + i)}word" * words}
        for i, words in enumerate(lengths)
    ]
    return [{"role": "system", "content": "You are Ada, who answers customers of a shop by mail."}, *turns]


def call(messages: Messages, cut: int | None, warm: int, share: float) -> tuple[Messages, OptimizeReply]:
    reply = OPTIMIZER.answer(
        OptimizeRequest(
            model="gpt-4o",
            messages=msgspec.Raw(json.dumps(messages).encode()),
            settings=OptimizationSettings(level="moderate"),
            keep_cut=cut,
            warm_tokens=warm,
            cached_price_share=share,
        )
    )
    return (json.loads(bytes(reply.messages)) if reply.changed else messages), reply


def bill(sent: Messages, last: Messages, share: float) -> tuple[float, int]:
    same = 0
    while same < min(len(sent), len(last)) and sent[same] == last[same]:
        same += 1
    tokens = [count_message("gpt-4o", message) for message in sent]
    return sum(tokens) - (1 - share) * sum(tokens[:same]), sum(tokens[:same])


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 120), min_size=20, max_size=60), st.sampled_from([1.0, 0.5, 0.25, 0.1]))
def test_no_conversation_bills_more_than_it_would_unpruned(lengths: list[int], share: float) -> None:
    whole = conversation(lengths)
    plain_bill = our_bill = 0.0
    plain: Messages = []
    ours: Messages = []
    cut: int | None = None
    warm = 0
    for end in range(2, len(whole) + 1, 2):
        messages = whole[:end]
        plain_bill += bill(messages, plain, share)[0]
        sent, reply = call(messages, cut if warm else None, warm, share)
        billed, warm = bill(sent, ours, share)
        our_bill += billed
        plain, ours, cut = messages, sent, reply.cut
    assert our_bill <= plain_bill


def test_a_dear_cut_is_left_and_said_so() -> None:
    messages = conversation([40] * 13)
    sent, reply = call(messages, None, 400, 0.1)
    assert sent == messages
    assert reply.cut is None
    (note,) = reply.notes
    assert (note.step, note.outcome) == ("window", "not_worth_it")
    assert "more, for the provider has the longer history in its cache" in note.reason


@pytest.mark.parametrize(("warm", "share"), [(0, 0.1), (400, 1.0)])
def test_a_cold_or_undiscounted_history_is_cut(warm: int, share: float) -> None:
    sent, reply = call(conversation([40] * 13), None, warm, share)
    assert (reply.cut, len(sent), reply.notes) == (3, 14, ())


def test_a_cut_is_made_once_it_pays() -> None:
    """A long answer goes, eleven short turns are billed anew: cheaper at once, even at a tenth of the price."""
    sent, reply = call(conversation([3, 4_000, *[2] * 11]), None, 4_000, 0.1)
    assert reply.cut == 3
    assert [message["content"][:7] for message in sent[:4]] == ["You are", "Turn 0:", "[1 earl", "Turn 2:"]


def test_an_old_cut_stays_while_a_new_one_is_dearer() -> None:
    messages = conversation([40] * 31)
    sent, reply = call(messages, 3, 400, 0.1)
    assert reply.cut == 3
    later, _ = call(
        [*messages, {"role": "assistant", "content": "Yes."}, {"role": "user", "content": "So?"}], 3, 400, 0.1
    )
    assert later[: len(sent)] == sent
