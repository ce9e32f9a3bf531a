"""The import contracts find what they forbid: each is shown a breach planted in a copy of the code."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# The contract's name, the module that the breach is planted in, and the line that breaks it.
PLANTED = [
    ("Services never import each other", "services/gateway/domain/needs.py", "import services.cache.settings"),
    ("libs never import services", "libs/common/ids.py", "import services.router.settings"),
    ("deploy/local starts services", "deploy/local/ports.py", "import services.auth.settings"),
    ("Domain and translate are pure", "services/optimizer/domain/window.py", "import asyncio"),
    ("Domain and translate are pure", "services/gateway/translate/sse.py", "import httpx"),
    ("Domain and translate are pure", "services/auth/domain/links.py", "import httpx"),
    ("Domain and translate are pure", "services/auth/keys/domain/keys.py", "import asyncio"),
    ("Domain and translate are pure", "services/auth/team/schemas.py", "import sqlalchemy"),
    ("Layers of auth point inward", "services/auth/domain/links.py", "import services.auth.ports"),
    ("Features of auth point inward", "services/auth/keys/domain/budgets.py", "import services.auth.keys.api_keys"),
    ("Features of auth point inward", "services/auth/billing/credits.py", "import services.auth.billing.store"),
    ("Features of auth point inward", "services/auth/team/schemas.py", "import services.auth.team.service"),
    ("Schemas and ports of auth know no service", "services/auth/ports.py", "import services.auth.sessions.service"),
    ("Schemas and ports of auth know no service", "services/auth/team/schemas.py", "import services.auth.keys.http"),
    ("Only the bus imports nats", "services/gateway/clients/service_client.py", "import nats"),
    ("Only telemetry imports OpenTelemetry", "services/gateway/pipeline/recorder.py", "import opentelemetry.trace"),
    ("Gateway, optimizer and router know no database", "services/router/app.py", "import libs.common.db"),
    ("Domain and translate are pure", "services/gateway/endpoints/base.py", "import litestar"),
    ("Domain and translate are pure", "services/gateway/providers/registry.py", "import aiohttp"),
    ("Layers point inward", "services/cache/domain/words.py", "import services.cache.app"),
    ("Layers point inward", "services/alerts/evaluation.py", "import services.alerts.store.rules"),
    ("Domain and translate are pure", "services/gateway/formats/blocks.py", "import asyncio"),
    ("The gateway's folders point inward", "services/gateway/domain/needs.py", "import services.gateway.ports"),
    ("The gateway's folders point inward", "services/gateway/ports.py", "import services.gateway.app"),
    (
        "The gateway's folders point inward",
        "services/gateway/providers/base.py",
        "import services.gateway.endpoints.base",
    ),
]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("house")
    for top in ("services", "libs", "deploy"):
        shutil.copytree(ROOT / top, target / top, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / ".importlinter", target)
    return target


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, env={"PATH": "", "PYTHONPATH": str(root)})


def test_the_house_as_it_is_breaks_no_contract(copy: Path) -> None:
    done = lint(copy)
    assert done.returncode == 0, done.stdout[-3000:]


@pytest.mark.parametrize(("contract", "where", "line"), PLANTED, ids=lambda value: value.replace(" ", "-"))
def test_a_planted_breach_is_found(copy: Path, contract: str, where: str, line: str) -> None:
    path = copy / where
    before = path.read_text()
    path.write_text(f"{before}\n{line}\n")
    try:
        done = lint(copy)
    finally:
        path.write_text(before)
    assert done.returncode == 1
    broken = [said for said in done.stdout.splitlines() if said.endswith("BROKEN")]
    assert any(said.startswith(contract) for said in broken), done.stdout[-3000:]


@pytest.mark.parametrize("place", ["services/cache", "services/auth", "services/gateway", "services/auth/keys"])
def test_a_module_without_a_layer_is_found(copy: Path, place: str) -> None:
    added = copy / place / "brand_new.py"
    added.write_text('"""A module that nobody has ranked."""\n')
    try:
        done = lint(copy)
    finally:
        added.unlink()
    assert done.returncode != 0
    assert "brand_new" in done.stdout
