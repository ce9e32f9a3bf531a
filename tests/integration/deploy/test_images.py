"""Each service runs on its own locked requirements alone: what its image installs, and nothing else."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SERVICES = ("gateway", "auth", "cache", "optimizer", "router", "analytics", "alerts")


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("service", SERVICES)
def test_a_service_imports_with_nothing_but_its_own_requirements(service: str, tmp_path: Path) -> None:
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    python = venv / "bin" / "python"
    requirements = ROOT / "requirements" / f"{service}.txt"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--disable-pip-version-check"]
    installed = subprocess.run(
        [*pip, "--no-compile", "--require-hashes", "--no-deps", "-r", str(requirements)], capture_output=True, text=True
    )
    assert installed.returncode == 0, installed.stderr[-2000:]
    # Only what the image copies is on the path.
    code = tmp_path / "app"
    (code / "services").mkdir(parents=True)
    (code / "libs").symlink_to(ROOT / "libs")
    (code / "services" / "__init__.py").symlink_to(ROOT / "services" / "__init__.py")
    (code / "services" / service).symlink_to(ROOT / "services" / service)
    done = subprocess.run(
        [str(python), "-c", f"import services.{service}.app, services.{service}.settings"],
        cwd=code,
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
