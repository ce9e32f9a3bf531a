"""The formats and what reads and writes them are pure: no waiting, no clock, no chance, nothing of the outside."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4] / "services" / "gateway"
FOLDERS = [
    ROOT / "formats",
    *(ROOT / "endpoints" / name for name in ("messages", "responses", "generate")),
    *(ROOT / "providers" / name for name in ("anthropic", "openai", "google", "compatible")),
]
# What another part of the gateway puts into these folders has its own rules.
NOT_OURS = {"provider.py"}
BANNED = {"asyncio", "time", "datetime", "random", "secrets", "uuid", "os", "httpx", "aiohttp", "nats", "structlog"}
FILES = sorted(path for folder in FOLDERS for path in folder.rglob("*.py") if path.name not in NOT_OURS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_is_pure(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        assert not isinstance(node, ast.AsyncFunctionDef | ast.Await)
        if isinstance(node, ast.Import):
            assert not {alias.name.partition(".")[0] for alias in node.names} & BANNED
        elif isinstance(node, ast.ImportFrom):
            assert (node.module or "").partition(".")[0] not in BANNED


@pytest.mark.parametrize("path", [one for one in FILES if "providers" not in one.parts], ids=lambda path: path.name)
def test_formats_know_no_provider(path: Path) -> None:
    assert "services.gateway.providers" not in path.read_text()
