"""An agent never loses what it was told to do, wherever its results come back."""

from functools import cache

import pytest

from tests.damage.asking import LEVELS, Messages, Sent, Strength, asker
from tests.damage.talk.form import faults, unsaid
from tests.damage.talk.transcripts import Transcript, native_tools, text_tools

ALL = [*text_tools(), *native_tools()]
NAMES = [one.name for one in ALL]


def _requests(transcript: Transcript) -> list[Messages]:
    """The whole conversation, and what it was at several earlier requests."""
    ends = [i + 1 for i, message in enumerate(transcript.messages) if message["role"] in ("user", "tool")]
    last_of_group = [
        end for end in ends if end == len(transcript.messages) or transcript.messages[end]["role"] == "assistant"
    ]
    return [transcript.messages[:end] for end in (last_of_group[len(last_of_group) // 2], *last_of_group[-5::2])]


@cache
def _sent(name: str, level: Strength) -> list[tuple[Messages, Sent]]:
    transcript = ALL[NAMES.index(name)]
    return [(messages, asker().send(messages, level, tools=transcript.tools)) for messages in _requests(transcript)]


def _lost(transcript: Transcript, messages: Messages, sent: Sent) -> list[str]:
    said = "\n".join(str(message["content"]) for message in messages if message["role"] == "user")
    everything = sent.everything()
    return [text for text in transcript.must if text in said and text not in everything]


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("transcript", ALL, ids=NAMES)
def test_the_task_is_there_word_for_word(transcript: Transcript, level: Strength) -> None:
    assert 12 <= len(transcript.messages) <= 70
    assert transcript.must
    for messages, sent in _sent(transcript.name, level):
        assert not _lost(transcript, messages, sent), f"lost at message {len(messages)}"


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("transcript", ALL, ids=NAMES)
def test_the_task_outlives_a_cut_that_stays(transcript: Transcript, level: Strength) -> None:
    cut: int | None = None
    for end in range(2, len(transcript.messages) + 1, 2):
        messages = transcript.messages[:end]
        if messages[-1]["role"] == "assistant":
            continue
        sent = asker().send(messages, level, tools=transcript.tools, keep_cut=cut)
        assert not _lost(transcript, messages, sent), f"lost at message {end}"
        cut = sent.reply.cut


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("transcript", ALL, ids=NAMES)
def test_what_is_sent_is_a_conversation(transcript: Transcript, level: Strength) -> None:
    for messages, sent in _sent(transcript.name, level):
        assert faults(messages, sent, agent=True) == []


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("transcript", ALL, ids=NAMES)
def test_what_is_left_out_is_said_in_place(transcript: Transcript, level: Strength) -> None:
    for messages, sent in _sent(transcript.name, level):
        assert unsaid(messages, sent) == []


def test_there_are_enough_of_them() -> None:
    assert len(text_tools()) >= 22
    assert len(native_tools()) >= 8
    assert sum(one.messages[0]["role"] != "system" for one in text_tools()) >= 5
