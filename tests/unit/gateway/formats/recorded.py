"""What real clients sent, where the recordings are at hand; a test that needs them is skipped where they are not."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

_FOLDER = Path(os.environ.get("PROMPTLY_CLIENT_RECORDINGS") or "var/clients")


def bodies(client: str, path: str) -> list[tuple[str, dict[str, Any]]]:
    """The bodies that a client sent to a path, each with its number."""
    found = sorted(_FOLDER.glob(f"{client}*.json")) if _FOLDER.is_dir() else []
    return [
        (f"{client}-{request['n']}", request["body"])
        for file in found
        for request in json.loads(file.read_text())["requests"]
        if path in request["path"] and isinstance(request.get("body"), dict)
    ]


def parameters(client: str, path: str) -> list[Any]:
    """The same as parameters of a test."""
    found = [pytest.param(body, id=name) for name, body in bodies(client, path)]
    missing = pytest.param(None, id="missing", marks=pytest.mark.skip(reason="The recordings of clients are not here."))
    return found or [missing]
