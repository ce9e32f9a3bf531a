"""Reads a client's JSON level by level, each value kept as it came. `BadRequest` names the field that is of another type."""

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
from msgspec import Raw

from libs.common.contracts.base import DECODE_ERRORS
from libs.common.errors import BadRequest
from services.gateway.translate.anthropic_content import unusable

T = TypeVar("T")
Object = Mapping[str, Raw]

_BROKEN = (*DECODE_ERRORS, RecursionError)
_DECODERS: dict[Any, msgspec.json.Decoder[Any]] = {}
_NAMES: dict[Any, str] = {
    dict[str, Raw]: "an object",
    list[Raw]: "a list",
    str: "a string",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
}
NULL = Raw(b"null")


def encode(value: Any) -> Raw:
    """A value as JSON."""
    return Raw(msgspec.json.encode(value))


def rejected(field: str, why: str) -> BadRequest:
    """The error for what the provider that serves has no form for; clients look for the marked name."""
    return unusable(field, f"{why} (capability_rejected: {field})")


def as_object(raw: Raw | bytes, field: str) -> dict[str, Raw]:
    """A JSON object, its values not decoded."""
    return _read(raw, dict[str, Raw], field)


def as_list(raw: Raw | bytes, field: str) -> list[Raw]:
    """A JSON array, its items not decoded."""
    return _read(raw, list[Raw], field)


def as_string(raw: Raw | bytes, field: str) -> str:
    """A JSON string."""
    return _read(raw, str, field)


def as_value(raw: Raw | bytes, field: str) -> Any:
    """Any JSON value, decoded whole."""
    return _read(raw, Any, field)


def given(found: Object, name: str) -> bool:
    """Whether a field is there and not null."""
    return name in found and bytes(found[name]) != b"null"


def string(found: Object, name: str, where: str = "") -> str | None:
    """A string field; None where it is missing or null."""
    return _field(found, name, str, where)


def number(found: Object, name: str, where: str = "") -> float | None:
    """A number; None where it is missing or null."""
    return _field(found, name, float, where)


def whole(found: Object, name: str, where: str = "") -> int | None:
    """A whole number; None where it is missing or null."""
    return _field(found, name, int, where)


def flag(found: Object, name: str, where: str = "") -> bool | None:
    """True or false; None where it is missing or null."""
    return _field(found, name, bool, where)


def object_of(found: Object, name: str, where: str = "") -> dict[str, Raw]:
    """An object field; empty where it is missing or null."""
    return _field(found, name, dict[str, Raw], where) or {}


def list_of(found: Object, name: str, where: str = "") -> list[Raw]:
    """A list field; empty where it is missing or null."""
    return _field(found, name, list[Raw], where) or []


def strings_of(found: Object, name: str, where: str = "") -> tuple[str, ...]:
    """A list of strings; empty where it is missing or null."""
    items = list_of(found, name, where)
    return tuple(as_string(item, f"{path(where, name)}[{at}]") for at, item in enumerate(items))


def required(value: T | None, field: str) -> T:
    """The value, where it is one. `BadRequest` where it is missing."""
    if value is None:
        raise unusable(field, "is required.")
    return value


def path(where: str, name: str) -> str:
    """The name of a field below another."""
    return f"{where}.{name}" if where else name


def bare(raw: Raw | bytes) -> bool:
    """Whether a value is a string."""
    return bytes(raw).lstrip()[:1] == b'"'


def _field(found: Object, name: str, kind: type[T], where: str) -> T | None:
    return _read(found[name], kind, path(where, name)) if given(found, name) else None


def _read(raw: Raw | bytes, kind: type[T], field: str) -> T:
    if kind not in _DECODERS:
        _DECODERS[kind] = msgspec.json.Decoder(kind)
    try:
        found: T = _DECODERS[kind].decode(raw)
    except _BROKEN:
        raise unusable(field or "body", f"must be {_NAMES.get(kind, 'valid JSON')}.") from None
    return found
