"""Files that lie on every machine that runs these tests: the standard library's and the installed packages' own.

Real files have what no generator thinks of. Which ones there are depends on the machine, so nothing counts on a number of them.
"""

import json
import random
import sysconfig
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.damage.corpus.catalogue import File, Nature

_LARGEST, _OF_A_KIND, _LOOKED_AT = 9_000, 6, 4_000
_KINDS: dict[str, tuple[str, Nature]] = {
    ".py": ("python", "exact"),
    ".pyi": ("python stubs", "exact"),
    ".h": ("c", "exact"),
    ".c": ("c", "exact"),
    ".pyx": ("cython", "exact"),
    ".js": ("typescript", "exact"),
    ".css": ("css", "exact"),
    ".toml": ("toml", "exact"),
    ".cfg": ("ini", "exact"),
    ".json": ("json", "json"),
    ".csv": ("csv", "exact"),
    "RECORD": ("csv", "exact"),
    ".xml": ("xml", "exact"),
    ".yaml": ("yaml", "exact"),
    ".sh": ("shell", "exact"),
    ".rs": ("rust", "exact"),
    ".f90": ("fortran", "exact"),
    ".bat": ("batch", "exact"),
    ".mako": ("template", "exact"),
    "Makefile": ("makefile", "exact"),
}


@cache
def installed() -> tuple[File, ...]:
    """A few files of each ending, the same ones as long as the same packages are installed."""
    found: dict[str, list[Path]] = {}
    for path in _paths():
        ending = path.name if path.name in _KINDS else path.suffix
        if ending in _KINDS and len(found.setdefault(ending, [])) < _LOOKED_AT:
            found[ending].append(path)
    files = []
    for ending, paths in found.items():
        random.Random(ending).shuffle(paths)
        readable = (file for path in paths if (file := _file(path, *_KINDS[ending])) is not None)
        files += [file for _, file in zip(range(_OF_A_KIND), readable, strict=False)]
    return tuple(files)


def _paths() -> Iterator[Path]:
    for name in ("stdlib", "platlib"):
        yield from sorted(Path(sysconfig.get_path(name)).rglob("*"))


def _file(path: Path, kind: str, nature: Nature) -> File | None:
    if not path.is_file() or not 300 <= path.stat().st_size <= _LARGEST:
        return None
    try:
        text = path.read_bytes().decode()
        json.loads(text if nature == "json" else "0")
    except ValueError:  # no text, or called JSON without being it
        return None
    return File(kind, f"{path.parent.name}/{path.name}", text, nature, (text.strip("\r\n"),))
