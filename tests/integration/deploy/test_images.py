"""Each service runs on its own locked requirements alone: what its image installs, and nothing else."""

import importlib.metadata
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.markers import Marker

ROOT = Path(__file__).parents[3]
SERVICES = ("gateway", "auth", "cache", "optimizer", "router", "analytics", "alerts")


_PINNED = re.compile(r"([a-z0-9][\w.-]*)(?:\[[\w,-]+\])?==(\S+)(?: ; ([^\\\n]+))?")


def _blocks(path: Path) -> dict[str, str]:
    """The lines of a lock file by what they pin: name, version and marker."""
    blocks = re.split(r"\n(?=[a-z0-9])", path.read_text())
    return {pinned[0].strip(): block for block in blocks if (pinned := _PINNED.match(block)) is not None}


def _link(name: str, site: Path) -> None:
    """Put an installed distribution into another directory of packages, file by file: some share a folder."""
    distribution = importlib.metadata.distribution(name)
    for file in distribution.files or ():
        if ".." in file.parts or "__pycache__" in file.parts:
            continue
        target = site / file
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(Path(str(distribution.locate_file(file))))


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("service", SERVICES)
def test_a_service_imports_with_nothing_but_its_own_requirements(service: str, tmp_path: Path) -> None:
    """What the development environment holds by the same hashes is taken from there, the rest installed."""
    own, installed = _blocks(ROOT / "requirements" / f"{service}.txt"), _blocks(ROOT / "requirements" / "dev.txt")
    assert len(own) > 5
    site, rest = tmp_path / "site", tmp_path / "rest.txt"
    missing = [block for pinned, block in own.items() if installed.get(pinned, "").strip() != block.strip()]
    rest.write_text("\n".join(missing))
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", str(site)]
    done = subprocess.run(
        [*pip, "--no-compile", "--require-hashes", "--no-deps", "-r", str(rest)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    for pinned, block in own.items():
        name, _, marker = _PINNED.match(pinned).groups()  # type: ignore[union-attr]  # it is one of these
        if block not in missing and (marker is None or Marker(marker).evaluate()):
            _link(name, site)
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    # Only what the image copies is on the path.
    code = tmp_path / "app"
    (code / "services").mkdir(parents=True)
    (code / "libs").symlink_to(ROOT / "libs")
    (code / "services" / "__init__.py").symlink_to(ROOT / "services" / "__init__.py")
    (code / "services" / service).symlink_to(ROOT / "services" / service)
    done = subprocess.run(
        [str(venv / "bin" / "python"), "-c", f"import services.{service}.app, services.{service}.settings"],
        cwd=code,
        env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.parametrize("path", sorted((ROOT / "requirements").glob("*.txt")), ids=lambda path: path.stem)
def test_requirements_are_pinned_by_hash_and_name_no_host(path: Path) -> None:
    text = path.read_text()
    pinned = re.findall(r"^([a-z0-9][\w.-]*)(?:\[[\w,-]+\])?==\S+", text, re.MULTILINE)
    assert len(pinned) > 5
    blocks = re.split(r"\n(?=[a-z0-9])", text)
    assert all("--hash=sha256:" in block for block in blocks if block.strip())
    assert "://" not in text
