"""The answer that a stream of Gemini's says, as it would have come whole."""

from collections.abc import Iterable
from typing import Any

import msgspec

from libs.common.contracts.base import DECODE_ERRORS
from services.gateway.formats.frames import payloads

_WORDS = frozenset(("text", "thought"))


def answer_of(stream: bytes, *, listed: bool) -> bytes | None:
    """The whole answer; None for a stream that broke off, or that cannot be put together."""
    try:
        chunks: Iterable[Any] = msgspec.json.decode(stream) if listed else map(msgspec.json.decode, payloads(stream))
        return _joined(chunks)
    except (*DECODE_ERRORS, KeyError, TypeError, AttributeError, ValueError):
        return None


def _joined(chunks: Iterable[dict[str, Any]]) -> bytes | None:
    answer: dict[str, Any] = {}
    candidate: dict[str, Any] = {}
    content: dict[str, Any] = {"role": "model"}
    parts: list[tuple[dict[str, Any], list[str]]] = []
    for chunk in chunks:
        if "error" in chunk:
            return None
        candidates = chunk.get("candidates") or [{}]
        if len(candidates) != 1:
            return None
        said = candidates[0].get("content") or {}
        for part in said.get("parts") or ():
            _add(parts, part)
        content |= {name: value for name, value in said.items() if name != "parts"}
        candidate |= {name: value for name, value in candidates[0].items() if name != "content"}
        answer |= {name: value for name, value in chunk.items() if name != "candidates"}
    if "finishReason" not in candidate:
        return None
    content["parts"] = [{**part, "text": "".join(texts)} if texts else part for part, texts in parts]
    return msgspec.json.encode({"candidates": [{"content": content, **candidate}], **answer})


def _add(parts: list[tuple[dict[str, Any], list[str]]], part: dict[str, Any]) -> None:
    """Words go on where words of the same kind stand last; everything else is a part of its own."""
    if part.keys() <= _WORDS and "text" in part:
        if parts and parts[-1][0].keys() <= _WORDS and parts[-1][0].get("thought") == part.get("thought"):
            parts[-1][1].append(part["text"])
        else:
            parts.append((part, [part["text"]]))
    else:
        parts.append((part, []))
