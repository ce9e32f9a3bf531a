"""The reference of all settings, made of the code: `python -m bench.settings_reference` writes docs/settings.md and the list of names.

The text beside a setting is the string below its field; a setting that several services have is described where it stands first.
"""

import ast
import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

import msgspec

from libs.common.contracts.status import SERVICES
from libs.common.settings_file import secrecy

ROOT: Final = Path(__file__).parents[1]
REFERENCE: Final = ROOT / "docs" / "settings.md"
NAMES: Final = ROOT / "libs" / "common" / "setting_names.txt"
# What the `promptly` command reads by itself.
COMMAND: Final = {"deploy.local.settings": "promptly up", "deploy.state.settings": "promptly apply"}
_HEAD: Final = """\
# Settings

Every setting, made from the code by `make settings`. A variable is called `PROMPTLY_` and the name in capitals: `nats_url` is
`PROMPTLY_NATS_URL`. In promptly.toml or promptly.yaml it has the name as it stands here; see [configuration](configuration.md). A variable
wins over the file. What has no default is required.

| setting | type | default | of | meaning |
|---|---|---|---|---|
"""


class Setting(msgspec.Struct):
    """One name, with the services that have it and the default of each, as text."""

    name: str
    type: str
    secret: bool
    defaults: dict[str, str]
    meaning: str = ""


def settings() -> list[Setting]:
    """All of them, by name."""
    found: dict[str, Setting] = {}
    for owner, cls in _classes():
        texts = _texts(cls)
        for field in msgspec.structs.fields(cls):
            kind, secret = _kind(field.type), secrecy(field.type) is not None
            known = found.setdefault(field.name, Setting(field.name, kind, secret, {}))
            known.defaults[owner] = _default(field)
            known.meaning = known.meaning or texts.get(field.name, "")
    return [found[name] for name in sorted(found)]


def reference() -> str:
    """docs/settings.md."""
    return _HEAD + "".join(_row(one) for one in settings())


def names() -> str:
    """The list of names that services refuse others by."""
    return "".join(f"{one.name}\n" for one in settings())


def _row(one: Setting) -> str:
    different = set(one.defaults.values())
    default = (
        different.pop() if len(different) == 1 else "; ".join(f"{who}: {what}" for who, what in one.defaults.items())
    )
    of = "all" if set(SERVICES) <= set(one.defaults) else ", ".join(one.defaults)
    kind = f"{one.type}, secret" if one.secret else one.type
    return f"| `{one.name}` | {kind} | {default} | {of} | {one.meaning} |\n"


def _classes() -> Iterator[tuple[str, type[msgspec.Struct]]]:
    modules = {f"services.{service}.settings": service for service in SERVICES} | COMMAND
    for module, owner in modules.items():
        for value in vars(importlib.import_module(module)).values():
            if isinstance(value, type) and issubclass(value, msgspec.Struct) and value.__module__ == module:
                yield owner, value


def _texts(cls: type[msgspec.Struct]) -> dict[str, str]:
    """The strings below the fields, those of the base included."""
    found: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        if not (isinstance(base, type) and issubclass(base, msgspec.Struct)) or base is msgspec.Struct:
            continue
        (tree,) = ast.parse(inspect.getsource(base)).body
        assert isinstance(tree, ast.ClassDef)
        for field, below in zip(tree.body, tree.body[1:], strict=False):
            match field, below:
                case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                    found[name] = text
    return found


def _kind(kind: Any) -> str:
    origin = get_origin(kind)
    if origin is Annotated:
        return _kind(get_args(kind)[0])
    if origin is Literal:
        return ", ".join(f"`{one}`" for one in get_args(kind))
    if origin in (Union, UnionType):
        return _kind(next(inner for inner in get_args(kind) if inner is not type(None)))
    known: str = {str: "text", int: "integer", float: "number", bool: "true or false"}[kind]
    return known


def _default(field: msgspec.structs.FieldInfo) -> str:
    if field.required:
        return "required"
    value = field.default
    if value is None or value == "":
        return "unset"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value:,}`" if isinstance(value, int) and value >= 10_000 else f"`{value}`"


def main() -> None:
    """Write both files."""
    REFERENCE.write_text(reference())
    NAMES.write_text(names())


if __name__ == "__main__":
    main()
