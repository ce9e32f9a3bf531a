"""Reads objects of Gemini's API, whose fields clients name in camel case or with underscores."""

import re
from typing import Any

import msgspec
from msgspec import Raw

from services.gateway.formats.json_fields import Object, as_object

_UNDERSCORE = re.compile(r"_([a-z0-9])")
_KINDS = ("STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL")
# Keys of Google's schemas whose values are schemas, lists of schemas, or schemas by name.
_BELOW = ("items", "additionalProperties", "not")
_LISTED = ("anyOf", "oneOf", "allOf", "prefixItems")
_NAMED = ("properties", "$defs", "definitions")
_ONLY_GOOGLES = ("nullable", "propertyOrdering", "property_ordering", "example")
_COUNTS = ("minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties")


def camel(found: Object) -> dict[str, Raw]:
    """An object with its names in camel case."""
    return {_UNDERSCORE.sub(lambda match: match[1].upper(), name): value for name, value in found.items()}


def camel_object(raw: Raw | bytes, field: str) -> dict[str, Raw]:
    """A JSON object with its names in camel case."""
    return camel(as_object(raw, field))


def json_schema(raw: Raw) -> Raw:
    """A schema of Google's, or one that is meant to be JSON Schema, as JSON Schema: types in lower case, and null as a type."""
    return Raw(msgspec.json.encode(_schema(msgspec.json.decode(raw))))


def _schema(found: Any) -> Any:
    if not isinstance(found, dict):
        return found
    out: dict[str, Any] = {}
    for given, value in found.items():
        name = given if given.startswith("$") else _UNDERSCORE.sub(lambda match: match[1].upper(), given)
        if given in _ONLY_GOOGLES:
            continue
        if name in _NAMED and isinstance(value, dict):
            out[name] = {key: _schema(below) for key, below in value.items()}
        elif name in _LISTED and isinstance(value, list):
            out[name] = [_schema(below) for below in value]
        elif name in _BELOW:
            out[name] = _schema(value)
        elif name == "type":
            out[name] = _kind(value)
        elif name in _COUNTS and isinstance(value, str) and value.isdecimal():
            out[name] = int(value)
        else:
            out[name] = value
    if found.get("nullable") is True:
        _allow_null(out)
    return out


def _kind(value: Any) -> Any:
    if isinstance(value, list):
        return [_kind(one) for one in value]
    return value.lower() if isinstance(value, str) and value.upper() in _KINDS else value


def _allow_null(schema: dict[str, Any]) -> None:
    kind = schema.get("type")
    if isinstance(kind, str):
        schema["type"] = [kind, "null"]
    if isinstance(listed := schema.get("enum"), list) and None not in listed:
        schema["enum"] = [*listed, None]
    if "anyOf" in schema:
        schema["anyOf"] = [*schema["anyOf"], {"type": "null"}]
