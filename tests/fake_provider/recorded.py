"""Answers that were given before, found again by what the client said last: for a replay of somebody's own requests."""

import hashlib
import json
from typing import Any

import msgspec


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """An answer's text (None: only its length is known) and the tokens that it was billed with."""

    content: str | None = None
    completion_tokens: int | None = None


def key(last: Any) -> str:
    """The key of what was said last: a string and a list of one text are the same."""
    if isinstance(last, list):
        texts = [part.get("text") for part in last if isinstance(part, dict)]
        if len(texts) == len(last) and all(isinstance(text, str) for text in texts):
            last = "".join(texts)
    told = last if isinstance(last, str) else json.dumps(last, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(told.strip().encode("utf-8", "surrogatepass")).hexdigest()
