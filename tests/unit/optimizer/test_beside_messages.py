"""What the optimizer says of a request's tools and pictures: shorter descriptions, whether low detail would do, and why not."""

import json
from typing import Any

import msgspec
import pytest

from libs.common.contracts.auth import OptimizationSettings
from libs.common.contracts.optimizer import OptimizeReply, OptimizeRequest, StepNote
from tests.fixtures.similarity import optimizer
from tests.unit.common.test_images import png, url

ON = OptimizationSettings(level="aggressive", tool_definitions="on", images="on")
PICTURE = url(png(1024, 1024))
WORDY = "Look up a customer by name, postal code or telephone number, and return all fields known of the customer, newest first."
SHORTER = WORDY.replace("of the customer", "of customer")


def asked(messages: list[dict[str, Any]], settings: OptimizationSettings = ON, **more: Any) -> OptimizeReply:
    given = {"model": "gpt-4o", "settings": settings, "explain": True, **more}
    return optimizer().answer(OptimizeRequest(messages=msgspec.Raw(json.dumps(messages).encode()), **given))


def note(reply: OptimizeReply, lever: str) -> StepNote:
    (found,) = (one for one in reply.notes if one.lever == lever)
    return found


def looking(text: str, picture: str = PICTURE) -> dict[str, Any]:
    parts = [{"type": "text", "text": text}, {"type": "image_url", "image_url": {"url": picture}}]
    return {"role": "user", "content": parts}


def test_descriptions_come_back_in_their_order() -> None:
    texts = ("Short.", WORDY, "The id, e.g. 'ABC' in the format of the reservation system.")
    reply = asked([{"role": "user", "content": "Hi"}], definitions=texts)
    assert reply.definitions == ("", SHORTER, "")
    assert reply.definition_tokens > 0
    assert not reply.changed
    assert note(reply, "tools").outcome == "applied"
    assert reply.original_tokens == reply.optimized_tokens


def test_a_second_time_changes_nothing() -> None:
    reply = asked([{"role": "user", "content": "Hi"}], definitions=(SHORTER,))
    assert reply.definitions == ()


@pytest.mark.parametrize(
    "settings",
    [
        OptimizationSettings(level="moderate", tool_definitions="on", images="on"),
        OptimizationSettings(level="aggressive"),
        OptimizationSettings(level="off", tool_definitions="on", images="on"),
    ],
)
def test_both_are_off_below_the_aggressive_level_and_by_default(settings: OptimizationSettings) -> None:
    reply = asked([looking("What animal is this?")], settings, definitions=(WORDY,))
    assert (reply.definitions, reply.gist) == ((), False)
    assert {note(reply, lever).outcome for lever in ("tools", "images")} == {"off"}


def test_the_gist_of_a_picture() -> None:
    reply = asked([looking("What animal is this?")])
    assert reply.gist
    assert (note(reply, "images").outcome, note(reply, "images").tokens) == ("applied", 680)


def test_a_later_question_about_a_detail_brings_the_pictures_back() -> None:
    first = [looking("Is this a cat or a dog?"), {"role": "assistant", "content": "A dog."}]
    assert asked([*first, {"role": "user", "content": "Is it a photo or a drawing?"}]).gist
    then = [*first, {"role": "user", "content": "What does the collar say?"}]
    assert not asked(then).gist
    after = [{"role": "assistant", "content": "Rex."}, {"role": "user", "content": "Is it a dog?"}]
    assert not asked([*then, *after]).gist


@pytest.mark.parametrize(
    ("messages", "more"),
    [
        ([{"role": "system", "content": "Read the meter."}, looking("What animal is this?")], {}),
        ([looking("What animal is this?")], {"tools": True}),
        ([looking("")], {}),
        ([looking("What animal is this?", "https://example.com/a.png")], {}),
        ([looking("What animal is this?")], {"model": "gpt-5.5"}),
        ([looking("What animal is this?")] * 21, {}),
        ([{**looking("What animal is this?"), "cache_control": {"type": "ephemeral"}}], {}),
    ],
)
def test_in_doubt_a_picture_stays(messages: list[dict[str, Any]], more: dict[str, Any]) -> None:
    reply = asked(messages, **more)
    assert not reply.gist
    assert note(reply, "images").outcome == "gated"
    assert note(reply, "images").reason
