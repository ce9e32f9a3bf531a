"""The changelog's part of a release. Pure."""

import re
from datetime import date

_UNRELEASED = "## [Unreleased]"
_HEADING = re.compile(r"^## \[([^\]]+)\]", re.MULTILINE)


class Refused(Exception):
    """A release cannot be made; the message says why and what to do."""


def versions(text: str) -> list[str]:
    """The versions that have a section, newest first."""
    return [name for name in _HEADING.findall(text) if name != "Unreleased"]


def section(text: str, version: str) -> str:
    """What stands below a version's heading."""
    match = re.search(rf"^## \[{re.escape(version)}\][^\n]*\n(.*?)(?=^## \[|\Z)", text, re.MULTILINE | re.DOTALL)
    return match[1].strip() if match else ""


def released(text: str, version: str, day: date) -> str:
    """The changelog in which what was unreleased is `version`'s. `Refused` where there is nothing, or it has that version already."""
    if version in versions(text):
        raise Refused(f"CHANGELOG.md has a section for {version} already. Choose a newer version.")
    if not section(text, "Unreleased"):
        raise Refused("CHANGELOG.md says nothing under [Unreleased]: there is nothing to release.")
    return text.replace(_UNRELEASED, f"{_UNRELEASED}\n\n## [{version}] - {day.isoformat()}", 1)
