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
# Small enough to keep without knowing what it is for: of one side of a pair, and of all such pairs.
_BRIEF_TOKENS, _BRIEF_ROOM = 60, 300
# What people say to each other, and examples of a task do not.
_TALK = re.compile(
    r"\b(?:I|I'm|I'll|I've|sorry|sure|thanks|thank|hello|hi|hey|welcome|please|of course|happy to|glad|let me|let's)\b",
    re.IGNORECASE,
)


def leading(turns: Sequence[Message], *, tools: bool) -> int:
    """How many of the first turns are examples, two for each pair: short pairs of one shape, two or more.

    A single pair counts where the question behind it has the shape of its question. Pairs of a few words each pass for
    examples of any shape as long as they cost little: what looks like small talk may be a style to imitate.
    """
    pairs = list(_pairs(turns))
    shaped = 0
    while shaped < len(pairs) and _one_shape(pairs[0], pairs[shaped]):
        shaped += 1
    following = turns[2 * shaped] if 2 * shaped < len(turns) else None
    goes_on = (
        bool(pairs) and following is not None and following.role == "user" and _asked_alike(pairs[0][0], following.text)
    )
    if shaped > 1 and _serial(pairs[:shaped]):
        short = all(len(answer.split()) <= _FEWEST_SERIAL_WORDS for _, answer in pairs[:shaped])
        asked = _FIGURES.sub("#", pairs[0][0])
        rest = [turn.text.strip() for turn in turns[2 * shaped :] if turn.role == "user"]
        return 2 * shaped if short and all(_FIGURES.sub("#", text) == asked for text in rest) else 0
    if tools and pairs and _shape(pairs[0][0]) is None and _shape(pairs[0][1]) is None:
        # Whoever has tools talks: only a form shows that it does not.
        shaped = 0
    if shaped == 1 and not (goes_on and _shape(pairs[0][0]) is not None):
        shaped = 0
    return max(2 * shaped, 0 if tools else _brief(turns, 2 * shaped))


def _brief(turns: Sequence[Message], shaped: int) -> int:
    """The leading turns that go on with pairs of a few words, as long as there is room."""
    at, room = shaped, _BRIEF_ROOM
    while at + 1 < len(turns) and turns[at].role == "user" and turns[at + 1].role == "assistant":
        pair = turns[at : at + 2]
        room -= sum(turn.tokens for turn in pair)
        if room < 0 or any(turn.tokens > _BRIEF_TOKENS or "\n\n" in turn.text.strip() for turn in pair):
            break
        at += 2
    if series(turns) or (at - shaped < 4 and not shaped):
        return 0
    return at


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


def _one_shape(first: tuple[str, str], other: tuple[str, str]) -> bool:
    return _asked_alike(first[0], other[0]) or _answered_alike(first[1], other[1])


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


def _opening(text: str) -> list[str]:
    return text.lower().split()[:3]


def _serial(pairs: Sequence[tuple[str, str]]) -> bool:
    return len({(_FIGURES.sub("#", asked), _FIGURES.sub("#", answered)) for asked, answered in pairs}) == 1
