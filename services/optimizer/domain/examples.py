"""Few-shot examples: pairs at the head of a conversation that show the model what to do, written by the application."""

import re
from collections.abc import Sequence

from services.optimizer.domain.conversation import Message
from services.optimizer.domain.kinds import is_json

MOST_TOKENS = 200  # of one side of a pair
_LABEL = re.compile(r"\s*([^\W\d_][\w /-]{0,30}):\s")
_TAG = re.compile(r"\s*<([A-Za-z][\w-]*)")
_NAMES = re.compile(r'"([^"\\]{1,60})"\s*:')
_FIGURES = re.compile(r"\d+")
_FEWEST_SERIAL_WORDS = 12
_LABEL_WORDS = 6
_LINE_WORDS = 40
# What people say to each other, and examples of a task do not.
_TALK = re.compile(
    r"\b(?:I|I'm|I'll|I've|sorry|sure|thanks|thank|hello|hi|hey|welcome|please|of course|happy to|glad|let me|let's)\b",
    re.IGNORECASE,
)


def leading(turns: Sequence[Message], *, tools: bool) -> int:
    """How many of the first turns are examples, two for each pair: short pairs of one shape, two or more.

    A single pair counts where the question behind it has the shape of its question.
    """
    pairs = list(_pairs(turns))
    alike = 0
    while alike < len(pairs) and _one_shape(pairs[0], pairs[alike], tools=tools):
        alike += 1
    following = turns[2 * alike] if 2 * alike < len(turns) else None
    goes_on = (
        following is not None and following.role == "user" and _asked_alike(pairs[0][0], following.text)
        if pairs
        else False
    )
    if alike > 1 and _serial(pairs[:alike]):
        short = all(len(answer.split()) <= _FEWEST_SERIAL_WORDS for _, answer in pairs[:alike])
        return 2 * alike if short and (goes_on or following is None) else 0
    if alike == 1 and not (goes_on and _labelled(pairs[0][0])):
        return 0
    return 2 * alike


def series(turns: Sequence[Message]) -> bool:
    """Whether the user's turns are the same words over and over, figures aside: none of them sets the others a task."""
    said = [_FIGURES.sub("#", turn.text) for turn in turns if turn.role == "user"]
    return len(said) > 3 and said.count(said[0]) > 3


def _pairs(turns: Sequence[Message]) -> Sequence[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for asked, answered in zip(turns[::2], turns[1::2], strict=False):
        plain = asked.role == "user" and answered.role == "assistant" and not answered.calls_tools
        if not plain or max(asked.tokens, answered.tokens) > MOST_TOKENS:
            break
        pairs.append((asked.text.strip(), answered.text.strip()))
    return pairs


def _one_shape(first: tuple[str, str], other: tuple[str, str], *, tools: bool) -> bool:
    if _asked_alike(first[0], other[0]) or _answered_alike(first[1], other[1]):
        return True
    if tools or any(_TALK.search(answer) for _, answer in (first, other)):
        return False
    return all("\n" not in side and len(side.split()) <= _LINE_WORDS for side in (*first, *other)) and _end(
        first[0]
    ) == _end(other[0])


def _asked_alike(first: str, other: str) -> bool:
    """Under one label, in one tag, with one set of names, or opening with the same three words."""
    shape = _shape(first)
    if shape is not None:
        return shape == _shape(other)
    return len(first.split()) > 3 and _opening(first) == _opening(other)


def _answered_alike(first: str, other: str) -> bool:
    shape = _shape(first)
    if shape is not None:
        return shape == _shape(other)
    if "```" in first and "```" in other:
        return first.startswith("```") and other.startswith("```")
    return all(
        0 < len(one.split()) <= _LABEL_WORDS and not one.endswith("?") and not _TALK.search(one)
        for one in (first, other)
    )


def _shape(text: str) -> object:
    if is_json(text):
        return ("json", frozenset(_NAMES.findall(text)) if text.startswith("{") else "list")
    for pattern in (_LABEL, _TAG):
        if found := pattern.match(text):
            return found[1].lower()
    return None


def _labelled(text: str) -> bool:
    return _shape(text) is not None


def _opening(text: str) -> list[str]:
    return text.lower().split()[:3]


def _end(text: str) -> str:
    return text[-1:] if text[-1:] in ".!?。？！" else ""


def _serial(pairs: Sequence[tuple[str, str]]) -> bool:
    return len({(_FIGURES.sub("#", asked), _FIGURES.sub("#", answered)) for asked, answered in pairs}) == 1
