"""What a check found."""

from typing import Literal

import msgspec

State = Literal["ok", "warning", "failed", "skipped"]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was checked: what it is, how it is, a sentence about that, and, where something is wrong, how to mend it."""

    check: str
    state: State
    says: str
    mend: str = ""


def ok(check: str, says: str) -> Finding:
    """All is well."""
    return Finding(check=check, state="ok", says=says)


def warning(check: str, says: str, mend: str) -> Finding:
    """It works, and should not stay so."""
    return Finding(check=check, state="warning", says=says, mend=mend)


def failed(check: str, says: str, mend: str) -> Finding:
    """It does not work."""
    return Finding(check=check, state="failed", says=says, mend=mend)


def skipped(check: str, says: str, mend: str = "") -> Finding:
    """It could not be checked from here."""
    return Finding(check=check, state="skipped", says=says, mend=mend)
