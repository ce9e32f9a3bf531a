"""promptly.toml or promptly.yaml: the settings of all services in one file, each under its name without PROMPTLY_, in lower case.

Secrets stand in it by reference only: `env:NAME`, or `file:/path` as Docker and Kubernetes mount them. So the file itself may be read by
anybody, and belongs into version control.
"""

import difflib
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, get_args
from urllib.parse import urlsplit

import msgspec

from libs.common.documents import MAX_BYTES, Document, DocumentError, format_of, read

_NAMES: Final = Path(__file__).with_name("setting_names.txt")
_LARGEST_SECRET: Final = 1 << 16


class SettingsFileError(Exception):
    """The file cannot be used; the message names it, the line and the setting."""


def values(path: Path, cls: type[msgspec.Struct], environment: Mapping[str, str]) -> dict[str, Any]:
    """What the file says of the fields of `cls`; what it says of other services' is only checked for its name."""
    try:
        document = _document(path)
        names = known_names()
        for name in document.data:
            if name not in names:
                raise DocumentError(f"{document.place(str(name))}: {_unknown(str(name), names)}")
        found = {}
        for field in msgspec.structs.fields(cls):
            if field.name in document.data:
                found[field.name] = _value(document, field, environment)
        return found
    except DocumentError as error:
        raise SettingsFileError(f"{path}, {error}") from None


def known_names() -> frozenset[str]:
    """The names of all settings of all services: `make settings` writes them down, because no service knows the others."""
    return frozenset(_NAMES.read_text().split())


def secrecy(kind: Any) -> str | None:
    """Whether a field's type says that it is a secret: "always", where it holds a "password", or None."""
    meta = [one for one in getattr(kind, "__metadata__", ()) if isinstance(one, msgspec.Meta)]
    for extra in (one.extra for one in meta if one.extra is not None):
        if "secret" in extra:
            return str(extra["secret"])
    return next((found for inner in get_args(kind) if (found := secrecy(inner)) is not None), None)


def _document(path: Path) -> Document:
    try:
        with path.open("rb") as opened:
            if path.stat().st_mode & stat.S_IWOTH:
                raise DocumentError("everybody may write it, and so could change this Promptly: chmod o-w.")
            return read(opened.read(MAX_BYTES + 1), format_of(path))
    except OSError as error:
        raise DocumentError(f"it cannot be read: {error.strerror}.") from None


def _value(document: Document, field: msgspec.structs.FieldInfo, environment: Mapping[str, str]) -> Any:
    name, value = field.name, document.data[field.name]
    where, secret = document.place(name), secrecy(field.type)
    if isinstance(value, dict | list) or value is None:
        raise DocumentError(f"{where}: it has one value, not a list or names with values.")
    if secret is not None and isinstance(value, str):
        if value.startswith(("env:", "file:")):
            return _referred(where, value, environment)
        if secret == "always" or _holds_password(value):  # noqa: S105 - a kind of secret
            raise DocumentError(f"{where}: a secret does not stand in this file. Say env:NAME or file:/path instead.")
    try:
        msgspec.convert(
            {name: value}, msgspec.defstruct("One", [(name, field.type)]), strict=not isinstance(value, str)
        )
    except msgspec.ValidationError as error:
        raise DocumentError(f"{where}: {str(error).partition(' - at ')[0]}.") from None
    return value


def _referred(where: str, reference: str, environment: Mapping[str, str]) -> str:
    kind, _, name = reference.partition(":")
    if kind == "env":
        if not environment.get(name):
            raise DocumentError(f"{where}: the environment variable {name} is not set.")
        return environment[name]
    try:
        with Path(name).open("rb") as opened:
            return opened.read(_LARGEST_SECRET).decode().strip()
    except (OSError, ValueError):
        raise DocumentError(f"{where}: the file {name} cannot be read.") from None


def _holds_password(value: str) -> bool:
    """Whether one of the addresses, with commas between them, has a password; what is no address might."""
    try:
        return any(urlsplit(one.strip()).password is not None for one in value.split(","))
    except ValueError:
        return True


def _unknown(name: str, names: frozenset[str]) -> str:
    close = difflib.get_close_matches(name.lower().removeprefix("promptly_"), sorted(names), 1, 0.6)
    return "there is no such setting" + (f"; is it {close[0]}?" if close else ". docs/settings.md has all of them.")
