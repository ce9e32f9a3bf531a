"""What the tools of a request are described with, and the same tools with other descriptions: in the formats of all providers.

Only strings under `description` are ever read or replaced: a tool's own, and those in its schema where a schema may stand. Names, types,
enums, defaults, examples, and whatever is called "description" among a tool's properties, stay as they came, byte for byte.
"""

from collections.abc import Callable, Iterator
from typing import Final

import msgspec
from msgspec import Raw

# Where a schema holds one schema, a list of them, or some by name.
_ONE: Final = frozenset(
    ("items", "additionalProperties", "contains", "not", "if", "then", "else", "unevaluatedItems", "propertyNames")
)
_LISTS: Final = frozenset(("anyOf", "oneOf", "allOf", "prefixItems", "any_of"))
_NAMED: Final = frozenset(("properties", "$defs", "definitions", "patternProperties", "dependentSchemas"))
# What a tool is called with, by the names of it in the four formats.
_SCHEMAS: Final = frozenset(("parameters", "input_schema", "parametersJsonSchema", "parameters_json_schema"))
_DECLARED: Final[tuple[str, ...]] = ("functionDeclarations", "function_declarations")
_PLAIN: Final = (b"", b"null", b'"function"', b'"custom"')
_DEEPEST: Final = 64
_objects = msgspec.json.Decoder(dict[str, Raw])
_lists = msgspec.json.Decoder(list[Raw])
_texts = msgspec.json.Decoder(str)

Change = Callable[[str], str]


def descriptions(tools: Raw) -> Iterator[str]:
    """The texts, in the order in which they stand, each as often as it is said. Nothing of what is no list of tools."""
    found: list[str] = []

    def note(text: str) -> str:
        found.append(text)
        return text

    described(tools, note)
    yield from found


def described(tools: Raw, change: Change) -> Raw:
    """The same tools with what `change` makes of each description; the same bytes where it makes nothing of any."""
    return _each(tools, lambda tool: _tool(tool, change))


def _tool(tool: Raw, change: Change) -> Raw:
    fields = _object(tool)
    if fields is None:
        return tool
    changes = {name: _each(fields[name], lambda one: _function(one, change)) for name in _DECLARED if name in fields}
    if "function" in fields:
        changes["function"] = _function(fields["function"], change)
    if changes:
        return _with(tool, fields, changes)
    return _function(tool, change) if bytes(fields.get("type", b"")).strip() in _PLAIN else tool


def _function(function: Raw, change: Change) -> Raw:
    fields = _object(function)
    if fields is None or not (_SCHEMAS & fields.keys()):
        return function
    changes = {name: _schema(fields[name], change, _DEEPEST) for name in _SCHEMAS & fields.keys()}
    if "description" in fields:
        changes["description"] = _text(fields["description"], change)
    return _with(function, fields, changes)


def _schema(schema: Raw, change: Change, left: int) -> Raw:
    fields = _object(schema)
    if fields is None or left == 0:
        return schema
    changes: dict[str, Raw] = {}
    for name, value in fields.items():
        if name == "description":
            changes[name] = _text(value, change)
        elif name in _ONE:
            changes[name] = _schema(value, change, left - 1)
        elif name in _LISTS:
            changes[name] = _each(value, lambda one: _schema(one, change, left - 1))
        elif name in _NAMED and (named := _object(value)) is not None:
            changes[name] = _with(value, named, {key: _schema(one, change, left - 1) for key, one in named.items()})
    return _with(schema, fields, changes)


def _text(value: Raw, change: Change) -> Raw:
    try:
        text = _texts.decode(value)
    except msgspec.MsgspecError:
        return value
    changed = change(text)
    return value if changed == text else Raw(msgspec.json.encode(changed))


def _each(value: Raw, make: Callable[[Raw], Raw]) -> Raw:
    try:
        before = _lists.decode(value)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return value
    after = [make(one) for one in before]
    same = all(new is old for new, old in zip(after, before, strict=True))
    return value if same else Raw(b"[" + b",".join(map(bytes, after)) + b"]")


def _object(value: Raw) -> dict[str, Raw] | None:
    try:
        return _objects.decode(value)
    except (msgspec.MsgspecError, UnicodeDecodeError):  # no object, as most values are
        return None


def _with(value: Raw, fields: dict[str, Raw], changes: dict[str, Raw]) -> Raw:
    if all(new is fields[name] for name, new in changes.items()):
        return value
    return Raw(msgspec.json.encode({**fields, **changes}))
