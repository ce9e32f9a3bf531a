"""Recognizes the ordinary chunks of an OpenAI stream without decoding them.

The chunks of one stream differ in one text only. Once one of them has been decoded and found to need no mending, another that
is equal to it byte for byte outside that text needs none either.
"""

import re
from typing import Any

import msgspec

from services.gateway.translate.fields import BROKEN, MARK
from services.gateway.translate.sse import FRAME, FRAME_END, event

_MAX_BYTES = 64 << 10  # of a chunk; a longer one is decoded
_VARYING = ("content", "reasoning_content", "arguments")
_EMPTY: tuple[Any, ...] = (None, "", [], {})
_OBFUSCATION = b'"obfuscation":"'  # random padding, which OpenAI puts behind the choices
_OPENING = {name: re.compile(rb'"' + name.encode() + rb'"\s*:\s*"') for name in _VARYING}
# The inside of a JSON string. Halves of surrogate pairs are left to the decoder; so is everything that is not JSON.
# Not a possessive group: before Python 3.11.5 such a group keeps half of an escape that does not match (gh-106052).
_STRING = re.compile(rb'[^"\\\x00-\x1f]*+(?:\\(?:["\\/bfnrt]|u(?![dD][89a-fA-F])[0-9a-fA-F]{4})[^"\\\x00-\x1f]*+)*')


class ChunkTemplate:
    """One decoded chunk: what stands before its text, between the text and the padding (if there is any), and at the end.

    `field` is the delta's field that holds the text, or "arguments" of a tool call, whose place is `call`; `index` is the choice
    that it belongs to. `out_…` is what the client gets
    instead: the usage that only Promptly requested is left out, or the one that only the client requested is null.
    """

    __slots__ = (
        "_after",
        "_before",
        "_end",
        "_out_after",
        "_out_before",
        "_out_end",
        "call",
        "field",
        "index",
        "unchanged",
    )

    def __init__(
        self, field: str, index: int, call: int, parts: tuple[bytes, bytes, bytes], out: tuple[bytes, bytes, bytes]
    ) -> None:
        self.field = field
        self.call = call
        self.index = index
        self._before, self._after, self._end = parts
        self._out_before, self._out_after, self._out_end = out
        self.unchanged = parts == out

    def text_of(self, chunk: bytes) -> bytes | None:
        """The text as it stands in the JSON, escapes included; None for a chunk that has to be decoded."""
        if not chunk.startswith(self._before) or len(chunk) > _MAX_BYTES:
            return None
        end = len(chunk)
        if self._end:
            if not chunk.endswith(self._end):
                return None
            end -= len(self._end)
            padding = chunk.rfind(self._after, len(self._before), end)
            if padding < 0 or not _is_string(chunk[padding + len(self._after) : end]):
                return None
            end = padding
        else:
            end -= len(self._after)
            if end < len(self._before) or not chunk.endswith(self._after):
                return None
        text = chunk[len(self._before) : end]
        return text if _is_string(text) else None

    def run(self, piece: bytes, at: int) -> tuple[list[bytes], list[bytes], int]:
        """The texts of the events of this kind that follow one another from `at`, what the client gets of each (nothing where that is
        what came), and where the last one ends.
        """
        texts, out = list[bytes](), list[bytes]()
        begins, opening, closing = FRAME + self._before, len(FRAME) + len(self._before), self._after + FRAME_END
        while piece.startswith(begins, at):
            if self._end:
                end = piece.find(FRAME_END, at, at + _MAX_BYTES)
                chunk = piece[at + len(FRAME) : end] if end >= 0 else b""
                text = self.text_of(chunk)
                after = end + len(FRAME_END)
            else:
                end = piece.find(closing, at + opening, at + _MAX_BYTES)
                text = piece[at + opening : end] if end >= 0 else None
                if text is not None and not _is_string(text):
                    text = None
                after = end + len(closing)
            if text is None:
                break
            texts.append(text)
            if not self.unchanged:
                out.append(event(self.output(piece[at + len(FRAME) : after - len(FRAME_END)], text)))
            at = after
        return texts, out, at

    def output(self, chunk: bytes, text: bytes) -> bytes:
        """The chunk for the client."""
        if self.unchanged:
            return chunk
        if not self._end:
            return b"%b%b%b" % (self._out_before, text, self._out_after)
        padding = chunk[len(self._before) + len(text) + len(self._after) : len(chunk) - len(self._end)]
        return b"%b%b%b%b%b" % (self._out_before, text, self._out_after, padding, self._out_end)


def template_of(chunk: bytes, decoded: dict[str, Any], *, wants_usage: bool) -> ChunkTemplate | None:
    """A template made of a chunk that went to the client as it came; None where other chunks may say more than one text."""
    choices = decoded.get("choices")
    if len(chunk) > _MAX_BYTES or not isinstance(choices, list) or len(choices) != 1 or decoded.get("usage"):
        return None
    choice = choices[0]
    if choice.get("finish_reason") is not None or choice.get("logprobs") or choice.get("usage"):
        return None
    delta = choice["delta"]
    said = [name for name, value in delta.items() if name != "role" and value not in _EMPTY]
    if len(said) != 1 or "x_groq" in decoded:
        return None
    field, value, call = said[0], delta[said[0]], 0
    if field == "tool_calls":
        field, value, call = _arguments(value)
    if field not in _VARYING:
        return None
    openings = list(_OPENING[field].finditer(chunk))
    if len(openings) != 1:
        return None
    text = _STRING.match(chunk, openings[0].end())
    if text is None or not _spells(text[0], value):
        return None
    parts = _around(chunk, text.start(), text.end())
    return ChunkTemplate(field, choice["index"], call, parts, _for_client(parts, wants_usage=wants_usage))


def _arguments(calls: Any) -> tuple[str, Any, int]:
    """The arguments of a piece that goes on with one call and says nothing else; its place among the calls."""
    call = calls[0] if isinstance(calls, list) and len(calls) == 1 else None
    if not isinstance(call, dict) or call.keys() != {"index", "function"} or not isinstance(call["index"], int):
        return "", None, 0
    function = call["function"]
    if not isinstance(function, dict) or function.keys() != {"arguments"}:
        return "", None, 0
    return "arguments", function["arguments"], call["index"]


def text_in(pieces: list[bytes]) -> str:
    """The text that pieces of JSON strings make."""
    return str(msgspec.json.decode(b'"%b"' % b"".join(pieces)))


def _is_string(text: bytes) -> bool:
    if _STRING.fullmatch(text) is None:
        return False
    if text.isascii():
        return True
    if MARK in text:  # half of a character
        return False
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def _spells(text: bytes, value: object) -> bool:
    try:
        return bool(msgspec.json.decode(b'"%b"' % text) == value)
    except BROKEN:
        return False


def _around(chunk: bytes, start: int, end: int) -> tuple[bytes, bytes, bytes]:
    before, after = chunk[:start], chunk[end:]
    if after.count(_OBFUSCATION) != 1:
        return before, after, b""
    padding = after.index(_OBFUSCATION) + len(_OBFUSCATION)
    closing = _STRING.match(after, padding)
    return (before, after, b"") if closing is None else (before, after[:padding], after[closing.end() :])


def _for_client(parts: tuple[bytes, bytes, bytes], *, wants_usage: bool) -> tuple[bytes, bytes, bytes]:
    """The same as `OpenAIStream` does to a chunk that says nothing of usage."""
    before, after, end = parts
    if not wants_usage:
        return tuple(part.replace(b',"usage":null', b"") for part in parts)  # type: ignore[return-value]  # three of them
    if any(b'"usage"' in part for part in parts):
        return parts
    last = (end or after).rstrip()[:-1] + b',"usage":null}'
    return (before, after, last) if end else (before, last, b"")
