"""A conversation that is one question and nothing else, in any client's format."""

from typing import Any

import msgspec
from msgspec import Raw

from libs.common.contracts.base import DECODE_ERRORS

# All that a user's turn and its parts may hold: whatever else a client writes there may matter to the answer.
_OF_A_TURN = frozenset(("role", "type", "content", "parts"))
_OF_A_PART = frozenset(("type", "text"))
_TEXTS = (None, "text", "input_text")


def question(conversation: Raw) -> str | None:
    """The words of a conversation that is a single user's turn of plain text; None for any other."""
    try:
        found = msgspec.json.decode(conversation)
    except (*DECODE_ERRORS, RecursionError):
        return None
    turns = found if isinstance(found, list) else [found]
    said = _said(turns[0]) if len(turns) == 1 else None
    return said if said is not None and said.strip() else None


def _said(turn: Any) -> str | None:
    if isinstance(turn, str):
        return turn
    if not isinstance(turn, dict) or turn.keys() - _OF_A_TURN or turn.get("role", "user") != "user":
        return None
    if turn.get("type", "message") != "message":
        return None
    content = turn.get("content", turn.get("parts"))
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else [None]
    texts = [_text(part) for part in parts]
    return None if None in texts else "\n".join(filter(None, texts))


def _text(part: Any) -> str | None:
    if isinstance(part, str):
        return part
    if not isinstance(part, dict) or part.keys() - _OF_A_PART or part.get("type") not in _TEXTS:
        return None
    text = part.get("text")
    return text if isinstance(text, str) else None
