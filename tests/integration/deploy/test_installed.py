"""The command where only what the wheel has is there: no tests, no benchmarks."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fixtures.running import ROOT


@pytest.mark.parametrize("words", [["demo"], ["up", "--demo"], ["replay", "requests.jsonl"]])
def test_what_plays_a_provider_says_that_it_needs_a_checkout(words: list[str], tmp_path: Path) -> None:
    for name in ("services", "libs", "deploy"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "requests.jsonl").write_text("{}\n")
    # Isolated, and of the environment's packages only those that are no part of this checkout.
    code = (
        "import sys; from pathlib import Path\n"
        f"sys.path[:] = [{str(tmp_path)!r}] + [one for one in sys.path if one and Path(one).resolve() != Path({str(ROOT)!r})]\n"
        "from deploy.local.__main__ import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", code, *words],
        cwd=tmp_path,
        env={**os.environ, "PROMPTLY_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert "only a checkout of the sources has" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "home").exists()
