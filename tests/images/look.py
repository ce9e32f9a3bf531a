"""Runs inside an image, with nothing but Python: who it is, where it can write, what tools are there, what weighs how much."""

import json
import os
import shutil
import sys
from pathlib import Path

# What builds or fetches code, and so has no place where code is only run.
TOOLS = ("cc", "gcc", "clang", "make", "ld", "git", "curl", "wget", "node", "npm", "cargo", "go", "pip", "uv")
PARTS = ("/venv", "/model", "/dashboard", "/app")


def weight(root: Path) -> int:
    """Bytes of the files below a directory of one file system."""
    total, device = 0, root.lstat().st_dev
    for place, folders, files in os.walk(root):
        folders[:] = [one for one in folders if os.lstat(os.path.join(place, one)).st_dev == device]  # noqa: PTH118
        total += sum(os.lstat(os.path.join(place, one)).st_size for one in files)  # noqa: PTH118
    return total


def writable() -> list[str]:
    """The directories at the root and one below where this user can make a file."""
    places = [
        Path("/"),
        *(one for one in Path("/").iterdir() if one.is_dir() and one.name not in ("proc", "dev", "sys")),
    ]
    return sorted(str(place) for place in (*places, Path("/var/promptly")) if _can_write(place))


def _can_write(place: Path) -> bool:
    probe = place / ".probe"
    try:
        probe.touch()
    except OSError:
        return False
    probe.unlink()
    return True


def main() -> None:
    """One JSON object on standard output."""
    parts = {part: weight(Path(part)) for part in PARTS if Path(part).is_dir()}
    found = {
        "uid": os.getuid(),
        "writable": writable(),
        "tools": [tool for tool in TOOLS if shutil.which(tool)],
        "total": weight(Path("/")),
        "parts": parts,
    }
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
