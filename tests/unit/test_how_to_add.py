"""docs/how-to-add.md names files that exist, and what it says of them is so: what is declared there is declared nowhere else."""

import re
from pathlib import Path
from typing import get_args, get_type_hints

from libs.common.contracts.alerts import Metric
from libs.common.contracts.auth import ProviderKey
from libs.common.contracts.optimizer import Lever
from services.alerts.domain.metrics import METRICS
from services.gateway.endpoints.openai_chat import OPENAI_CHAT
from services.gateway.endpoints.openai_completions import OPENAI_COMPLETIONS
from services.gateway.endpoints.optimize import OPTIMIZE
from services.gateway.http.middleware import _route
from services.optimizer.domain.levers import STEPS
from tests.fixtures.dialects import PROVIDERS

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "how-to-add.md").read_text(encoding="utf-8")
PATHS = re.findall(r"`((?:services|libs|dashboard|tests|docs|sdk)/[\w./-]+)`", GUIDE)


def test_every_file_that_the_guide_names_is_there() -> None:
    assert PATHS
    assert [path for path in PATHS if not (ROOT / path).exists()] == []


def test_every_metric_has_its_row_and_every_row_its_metric() -> None:
    assert set(METRICS) == set(get_args(Metric))


def test_every_step_counts_under_a_lever_and_every_lever_has_a_step() -> None:
    assert {step.lever for step in STEPS} == set(get_args(Lever))
    assert len({step.name for step in STEPS}) == len(STEPS)


def test_a_step_is_named_in_its_declaration_and_where_it_runs_only() -> None:
    """Settings, receipts and previews read the registry: a new step needs no second list."""
    code = [path for path in (ROOT / "services").rglob("*.py") if "optimizer" not in path.parts]
    for name in ("minify", "tabulate", "masking"):
        assert [str(path) for path in code if re.search(rf'"{name}"', path.read_text(encoding="utf-8"))] == []


def test_a_metric_is_named_in_its_declaration_only() -> None:
    """But for the contract, which is its type, and migrations, which are history."""
    named = [
        str(path.relative_to(ROOT))
        for top in ("services", "libs")
        for path in (ROOT / top).rglob("*.py")
        if '"latency_p95"' in path.read_text(encoding="utf-8") and "migrations" not in path.parts
    ]
    assert "services/alerts/domain/metrics.py" in named
    assert {name for name in named if name.startswith("services/alerts")} == {"services/alerts/domain/metrics.py"}


def test_a_provider_is_named_in_its_own_folder_only() -> None:
    """But for the settings with its official address, the translation of its chat format, and examples in the API's document."""
    gateway = ROOT / "services" / "gateway"
    own = [gateway / name for name in ("providers", "translate", "formats", "http/openapi")]
    code = [path for path in gateway.rglob("*.py") if not any(path.is_relative_to(folder) for folder in own)]
    assert code
    for name in (provider.name for provider in PROVIDERS):
        assert [str(path) for path in code if re.search(rf'"{name}"', path.read_text(encoding="utf-8"))] == []


def test_every_provider_of_a_key_is_in_the_registry() -> None:
    assert {provider.name for provider in PROVIDERS} == set(get_args(get_type_hints(ProviderKey)["provider"]))


def test_every_route_of_an_endpoint_names_its_spans() -> None:
    for endpoint in (OPENAI_CHAT, OPENAI_COMPLETIONS, OPTIMIZE):
        for route in endpoint.routes:
            assert _route(route) == route
