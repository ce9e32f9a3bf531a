"""The Python SDK's wheel, with the oldest and the newest `openai` that it takes."""

import re
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from tests.fixtures.running import ROOT

SDK = ROOT / "sdk" / "python"
LOCKS = Path(__file__).parent / "requirements"
PIP = ["-m", "pip", "--disable-pip-version-check"]


def examples() -> list[str]:
    """The README's Python, block by block."""
    return re.findall(r"^```python\n(.*?)^```$", (SDK / "README.md").read_text(), re.MULTILINE | re.DOTALL)


def check(work: Path, env: dict[str, str]) -> None:
    """Build the wheel, install it, run the README, check the types; raises where something does not work."""
    _run([sys.executable, *PIP, "wheel", "--no-deps", "--no-build-isolation", "-q", "-w", str(work), str(SDK)], work)
    (wheel,) = work.glob("promptly_sdk-*.whl")
    readme = work / "readme.py"
    readme.write_text("\n".join(examples()))
    # Away from the sources, so that the types are those of the wheel.
    shutil.copy(SDK / "typing_tests" / "uses.py", work / "uses.py")
    (work / "mypy.ini").write_text("[mypy]\nstrict = True\n")
    for age in ("oldest", "newest"):
        python = _environment(work / age, LOCKS / f"{age}.txt", wheel)
        told = _run([python, "-c", "import openai, promptly; print(openai.__version__, promptly.__file__)"], work, env)
        openai, place = told.split(maxsplit=1)
        assert place.startswith(str(work / age)), f"{place} is not the wheel's"
        said = _run([python, str(readme)], work, env)
        _run(
            [sys.executable, "-m", "mypy", "--config-file", "mypy.ini", "--python-executable", python, "uses.py"], work
        )
        print(
            f"✓ {wheel.name}, openai {openai}: the README's {len(said.splitlines())} lines, and mypy {version('mypy')}",
            flush=True,
        )


def _environment(venv: Path, lock: Path, wheel: Path) -> str:
    """An environment that holds the wheel and what it asks for, and nothing else."""
    _run([sys.executable, "-m", "venv", str(venv)], venv.parent)
    python = str(venv / "bin" / "python")
    _run([python, *PIP, "install", "-q", "--require-hashes", "--no-deps", "-r", str(lock)], venv)
    _run([python, *PIP, "install", "-q", "--no-deps", "--no-index", str(wheel)], venv)
    _run([python, *PIP, "check"], venv)
    return python


def _run(command: list[str], cwd: Path, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=600)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command[:6])} …\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout
