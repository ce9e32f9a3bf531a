"""Checks of the disk: room for state and spools, and the right to write there."""

import os
import shutil
from pathlib import Path
from typing import Final

from deploy.doctor.finding import Finding, failed, ok, warning

_LEAST: Final = 200 << 20
_LITTLE: Final = 1 << 30


def check_disk(directory: Path) -> Finding:
    """A directory of state, or where it will be made."""
    there = directory
    while not there.exists() and there != there.parent:
        there = there.parent
    if not os.access(there, os.W_OK | os.X_OK):
        return failed(
            "disk",
            f"{there} cannot be written.",
            f"Give this user the right to, or choose another place than {directory}.",
        )
    free = shutil.disk_usage(there).free
    says = f"{free / (1 << 30):.1f} GiB are free at {there}."
    if free < _LEAST:
        return failed(
            "disk",
            says,
            "Make room: NATS and Postgres stop taking writes when the disk is full, and events are refused.",
        )
    if free < _LITTLE:
        return warning(
            "disk", says, "Make room before it is full; shorten the request log's retention if that is what fills it."
        )
    return ok("disk", says)
