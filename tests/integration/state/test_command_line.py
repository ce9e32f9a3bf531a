"""`promptly export`, `diff` and `apply` as a shell runs them."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from tests.integration.state.conftest import ControlPlane

pytestmark = pytest.mark.asyncio(loop_scope="module")
ROOT = Path(__file__).parents[3]


async def promptly(plane: ControlPlane | None, *arguments: str, stdin: bytes = b"") -> tuple[int, str, str]:
    """The exit code, and what was printed to both."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PROMPTLY_")}
    own = {} if plane is None else {"PROMPTLY_URL": plane.settings.url, "PROMPTLY_API_KEY": plane.settings.api_key}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "deploy.local", *arguments),
        cwd=ROOT,
        env={**kept, **own},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate(stdin)
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def test_the_exit_code_says_whether_there_is_a_difference(plane: ControlPlane, tmp_path: Path) -> None:
    file = tmp_path / "state.toml"
    file.write_text('[settings]\nlevel = "off"\n')
    assert await promptly(plane, "diff", "-f", str(file)) == (1, '~ settings\n    level: "moderate" → "off"\n', "")
    code, said, _ = await promptly(plane, "apply", "-f", str(file))
    assert (code, said.splitlines()[-1]) == (0, "1 changes were made.")
    code, exported, _ = await promptly(plane, "export")
    assert code == 0
    assert await promptly(plane, "apply", "-f", "-", "--prune", stdin=exported.encode()) == (
        0,
        "Nothing was changed.\n",
        "",
    )
    assert await promptly(plane, "diff", "-f", "-", stdin=exported.encode()) == (0, "There is no difference.\n", "")


async def test_what_fails_is_said_in_one_line_and_with_another_code(plane: ControlPlane) -> None:
    code, said, why = await promptly(plane, "diff", "-f", "-", stdin=b"nothing: 1\n")
    assert (code, said, why) == (2, "", "promptly: line 1: nothing: there is no such field.\n")
    code, _, why = await promptly(None, "export")
    assert (code, why.count("\n")) == (2, 1)
    assert "PROMPTLY_API_KEY" in why
