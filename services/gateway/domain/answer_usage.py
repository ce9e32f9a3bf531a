"""What an answer that passes says of its cost: its usage, read without keeping the answer."""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

import msgspec

from libs.common.catalog.units import UnitKind
from libs.common.contracts.base import DECODE_ERRORS
from libs.common.contracts.events import TokenClasses

_BROKEN: Final = (*DECODE_ERRORS, RecursionError)
_TAIL: Final = 64 << 10  # bytes: usage stands at the end, behind pictures of megabytes
_USAGE: Final = re.compile(rb'"usage"\s*:\s*(?=\{)')
_MODEL: Final = re.compile(rb'"model"\s*:\s*("(?:[^"\\]|\\.){1,256}")')
_MAX_COUNT: Final = 10**9


class Used(msgspec.Struct, frozen=True, kw_only=True):
    """What was used: tokens, and units by their names in `UnitPrices`. `units` is None where nothing is said."""

    tokens: TokenClasses = TokenClasses()
    units: Mapping[str, int | Decimal] | None = None


class UsageReader:
    """Reads an answer's end as it passes: JSON, or a stream of events whose last ones name the usage."""

    def __init__(self) -> None:
        self._tail = b""
        self._pieces: list[bytes] = []
        self._size = 0

    def feed(self, piece: bytes) -> None:
        """Look at the next piece."""
        self._pieces.append(piece)
        self._size += len(piece)
        if self._size > 2 * _TAIL:
            self._tail = (self._tail + b"".join(self._pieces))[-_TAIL:]
            self._pieces, self._size = [], 0

    def usage(self) -> Mapping[str, Any] | None:
        """The last usage object; None where there is none. Inside a text its quotes would be escaped."""
        end = (self._tail + b"".join(self._pieces))[-_TAIL:]
        found = None
        for found in _USAGE.finditer(end):  # noqa: B007 - the last one counts
            pass
        if found is None:
            return None
        return _first_object(end[found.end() :])

    def model(self) -> str | None:
        """The model that the answer's end names."""
        end = (self._tail + b"".join(self._pieces))[-_TAIL:]
        names = _MODEL.findall(end)
        try:
            return str(msgspec.json.decode(names[-1])) if names else None
        except _BROKEN:
            return None


def used(kind: UnitKind, usage: Mapping[str, Any] | None, characters: int | None) -> Used:
    """What a call used, by its answer's usage; `characters` are those of a text to be spoken."""
    if usage is None:
        return Used() if characters is None else Used(units={"megachar": characters})
    if usage.get("type") == "duration":
        return Used(units={"second": _amount(usage.get("seconds"))})
    into, out = _count(usage, "input_tokens"), _count(usage, "output_tokens")
    details = _details(usage, "input_tokens_details") or _details(usage, "input_token_details")
    made = _details(usage, "output_tokens_details") or _details(usage, "output_token_details")
    pictures, sounds = _count(details, "image_tokens"), _count(details, "audio_tokens")
    if kind == "image":
        drawn = _count(made, "image_tokens") if made else out
        units = {"input": into - pictures, "image_input": pictures, "image_output": drawn, "output": out - drawn}
    elif kind == "speech":
        units = {"input": into, "audio_output": out}
    else:
        units = {"input": into - sounds, "audio_input": sounds, "output": out}
    counted = {name: amount for name, amount in units.items() if amount > 0}
    return Used(tokens=TokenClasses(uncached_input=into, output_text=out), units=counted)


def batch_tokens(usage: Mapping[str, Any]) -> TokenClasses:
    """The tokens of a batch, in classes."""
    into, out = _count(usage, "input_tokens"), _count(usage, "output_tokens")
    cached = min(_count(_details(usage, "input_tokens_details"), "cached_tokens"), into)
    thought = min(_count(_details(usage, "output_tokens_details"), "reasoning_tokens"), out)
    return TokenClasses(
        uncached_input=into - cached, cache_read=cached, output_text=out - thought, output_reasoning=thought
    )


def _details(usage: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = usage.get(name)
    return found if isinstance(found, dict) else {}


def _count(usage: Mapping[str, Any], name: str) -> int:
    found = usage.get(name)
    return min(max(found, 0), _MAX_COUNT) if isinstance(found, int) and not isinstance(found, bool) else 0


def _amount(value: Any) -> Decimal:
    """Seconds; not more of them than a file can hold."""
    if isinstance(value, int | float) and 0 <= value <= _MAX_COUNT:
        return Decimal(str(value))
    return Decimal(0)


def _first_object(data: bytes) -> Mapping[str, Any] | None:
    """The object that the data begins with, whatever follows it."""
    depth = 0
    for at in _braces(data):
        depth += 1 if data[at : at + 1] == b"{" else -1
        if depth == 0:
            try:
                found = msgspec.json.decode(data[: at + 1])
            except _BROKEN:
                return None
            return found if isinstance(found, dict) else None
    return None


def _braces(data: bytes) -> Iterator[int]:
    """Where braces stand; usage holds no texts but short words without any."""
    return (found.start() for found in re.finditer(rb"[{}]", data))
