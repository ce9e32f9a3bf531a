"""What a person pasted is still there when they ask about it, however long they talked in between."""

from functools import cache

import pytest

from tests.damage.asking import LEVELS, Sent, Strength, asker
from tests.damage.judging import plain
from tests.damage.talk.form import faults, unsaid
from tests.damage.talk.pasted import Pasted, conversations

ALL = conversations()
NAMES = [one.name for one in ALL]
PROSE = ("mail", "german", "french", "spanish", "portuguese", "chinese", "report")


@cache
def _sent(name: str, level: Strength) -> Sent:
    return asker().send(ALL[NAMES.index(name)].messages, level)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("pasted", ALL, ids=NAMES)
def test_pasted_material_is_still_there(pasted: Pasted, level: Strength) -> None:
    assert 15 <= len(pasted.messages) <= 60
    everything = _sent(pasted.name, level).everything()
    prose = pasted.name.startswith(PROSE)
    for passage in pasted.passages:
        assert plain(passage) in plain(everything) if prose else passage in everything


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("pasted", ALL, ids=NAMES)
def test_what_is_sent_is_a_conversation(pasted: Pasted, level: Strength) -> None:
    sent = _sent(pasted.name, level)
    assert faults(pasted.messages, sent) == []


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("pasted", ALL, ids=NAMES)
def test_what_is_left_out_is_said_in_place(pasted: Pasted, level: Strength) -> None:
    assert unsaid(pasted.messages, _sent(pasted.name, level)) == []


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("pasted", ALL[::5], ids=NAMES[::5])
def test_it_outlives_a_cut_that_stays(pasted: Pasted, level: Strength) -> None:
    passage = pasted.passages[-1]
    first = next(i for i, message in enumerate(pasted.messages) if passage in str(message["content"])) + 1
    cut: int | None = None
    for end in range(first, len(pasted.messages) + 1):
        if pasted.messages[end - 1]["role"] == "assistant":
            continue
        sent = asker().send(pasted.messages[:end], level, keep_cut=cut)
        cut = sent.reply.cut
        assert plain(passage) in plain(sent.everything()), f"gone after {end - first} messages"
        assert faults(pasted.messages[:end], sent) == []
