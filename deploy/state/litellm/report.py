"""What has no counterpart: collected while a file is read, and told once for each kind of place."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec

from libs.common.documents import Document

_FIELDS: Final = Path(__file__).with_name("fields.toml")


class Note(msgspec.Struct, frozen=True):
    """Why a field has no counterpart, and what to do instead."""

    why: str
    todo: str


UNKNOWN: Final = Note(
    "It has no counterpart that this import knows.", "See docs/configuration.md for what Promptly can be told."
)


class Remark(msgspec.Struct, frozen=True, kw_only=True):
    """A place of the file that has no counterpart, or not the same one: why, and what to do."""

    place: str
    why: str
    todo: str


class Report:
    """Remarks on one document. The same remark on many entries of a list is one."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._places: dict[tuple[str, Note], list[str]] = {}

    def entries(self, path: str, found: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """The entries of a list that are names with values, each with its path."""
        if found is None:
            return
        if not isinstance(found, list):
            self.wrong(path, "a list")
            return
        for position, entry in enumerate(found):
            if isinstance(entry, dict):
                yield f"{path}[{position}]", entry
            else:
                self.wrong(f"{path}[{position}]", "names with values")

    def leaves(self, path: str, part: str, found: Any) -> None:
        """Remark on every field of a part that is not read."""
        if isinstance(found, dict):
            for name in found:
                self.remark(f"{path}.{name}", note_for(part, str(name)))
        elif found is not None:
            self.wrong(path, "names with values")

    def wrong(self, path: str, wanted: str) -> None:
        """Say that a place holds another type of value than LiteLLM's."""
        self.remark(
            path, Note(f"LiteLLM has {wanted} here, and this is something else.", "Correct it, or leave it out.")
        )

    def remark(self, path: str, note: Note) -> None:
        """Say something about a place."""
        self._places.setdefault((re.sub(r"\[\d+\]", "[]", path), note), []).append(path)

    def told(self) -> list[str]:
        """Every place that something was said about."""
        return [path for paths in self._places.values() for path in paths]

    def remarks(self) -> Iterator[Remark]:
        """The report, in the order of the file."""
        for (_, note), paths in self._places.items():
            more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
            yield Remark(place=shown(self._document.place(paths[0])) + more, why=shown(note.why), todo=note.todo)


def shown(text: str) -> str:
    """Text out of a file as a terminal may show it: in one line, of at most 300 characters."""
    return "".join(sign if sign.isprintable() else "�" for sign in text[:300])


def note_for(part: str, field: str) -> Note:
    """What is said of a field without a counterpart; `part` is where it stands, `top` for the file itself."""
    notes = _notes().get(part, {})
    if field in notes:
        return notes[field]
    for name, note in notes.items():
        if re.fullmatch(re.escape(name).replace(r"\*", ".*"), field):
            return note
    return UNKNOWN


@cache
def _notes() -> Mapping[str, Mapping[str, Note]]:
    found: dict[str, dict[str, Note]] = {}
    for row in tomllib.loads(_FIELDS.read_text())["note"]:
        note = Note(row.pop("why"), row.pop("todo"))
        for part, fields in row.items():
            found.setdefault(part, {}).update(dict.fromkeys(fields, note))
    return found
