"""When `make up` builds the dashboard, and whose Node it takes."""

import os
from pathlib import Path

import pytest

from deploy.node import find
from deploy.node.dashboard import stale


def _tool(folder: Path, name: str, says: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\necho {says}\n")
    (folder / name).chmod(0o755)


def test_a_build_is_stale_once_something_that_it_is_made_of_is_newer(tmp_path: Path) -> None:
    for name in ("package-lock.json", "src/api/client.ts", "dist/index.html", "dist/assets/new.js"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (1000, 1000))
    assert not stale(tmp_path)
    os.utime(tmp_path / "dist/assets/new.js", (2000, 2000))
    assert not stale(tmp_path)
    os.utime(tmp_path / "src/api/client.ts", (1001, 1001))
    assert stale(tmp_path)
    os.utime(tmp_path / "dist/index.html", (1002, 1002))
    assert not stale(tmp_path)
    (tmp_path / "dist/index.html").unlink()
    assert stale(tmp_path)


@pytest.mark.parametrize(("version", "taken"), [("v22.12.0", True), ("v24.1.0", True), ("v20.20.2", False)])
def test_an_old_node_is_not_taken(version: str, taken: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _tool(tmp_path / "bin", "node", version)
    _tool(tmp_path / "bin", "npm", "11.0.0")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(find, "_STAMP", tmp_path / "nothing")
    found = find.here()
    assert (found is not None) is taken
    assert found is None or found.version == version[1:]
