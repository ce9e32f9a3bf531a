"""`promptly export`, `diff` and `apply`: what they print, and their exit codes."""

import argparse
import asyncio
import io
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.state import command_line
from tests.integration.state.conftest import ControlPlane

pytestmark = pytest.mark.asyncio(loop_scope="module")
ROOT = Path(__file__).parents[3]


class Shell:
    """Runs commands as `promptly` does, but for the process of their own."""

    def __init__(
        self, plane: ControlPlane, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("PROMPTLY_URL", plane.settings.url)
        monkeypatch.setenv("PROMPTLY_API_KEY", plane.settings.api_key)
        self._patch, self._capsys = monkeypatch, capsys
        self._parser = argparse.ArgumentParser()
        command_line.add_to(self._parser.add_subparsers(dest="command"))

    async def run(self, *arguments: str, stdin: bytes = b"") -> tuple[int, str, str]:
        """The exit code, and what was printed to both."""
        self._patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        code = await asyncio.to_thread(command_line.run, self._parser.parse_args(arguments))
        return code, *self._capsys.readouterr()


@pytest.fixture
def shell(plane: ControlPlane, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(plane, monkeypatch, capsys)


async def test_the_exit_code_says_whether_there_is_a_difference(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "state.toml"
    file.write_text('[settings]\nlevel = "off"\n')
    assert await shell.run("diff", "-f", str(file)) == (1, '~ settings\n    level: "moderate" → "off"\n', "")
    code, said, _ = await shell.run("apply", "-f", str(file))
    assert (code, said.splitlines()[-1]) == (0, "1 changes were made.")
    code, exported, _ = await shell.run("export")
    assert code == 0
    piped = exported.encode()
    assert await shell.run("apply", "-f", "-", "--prune", stdin=piped) == (0, "Nothing was changed.\n", "")
    assert await shell.run("diff", "-f", "-", stdin=piped) == (0, "There is no difference.\n", "")


async def test_what_fails_is_said_in_one_line_and_with_another_code(shell: Shell) -> None:
    said = await shell.run("diff", "-f", "-", stdin=b"nothing: 1\n")
    assert said == (2, "", "promptly: line 1: nothing: there is no such field.\n")
    code, _, why = await shell.run("apply", "-f", "none.yaml")
    assert (code, why) == (2, "promptly: none.yaml cannot be read: No such file or directory.\n")


async def test_the_command_itself_knows_them(tmp_path: Path) -> None:
    config = Path(__file__).parents[2] / "unit" / "state" / "litellm" / "starter.yaml"
    done = subprocess.run(
        [sys.executable, "-m", "deploy.local", "import", "litellm", str(config)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, "api_key: env:ANTHROPIC_API_KEY" in done.stdout) == (0, True)
    assert done.stderr == "All of it was taken over.\n"
