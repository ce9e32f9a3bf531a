"""docs/how-to-add.md names files that exist, and what it says of them is so: what is declared there is declared nowhere else."""

import re
from pathlib import Path
from typing import get_args

from libs.common.contracts.alerts import Metric
from libs.common.contracts.optimizer import Lever
from services.alerts.domain.metrics import METRICS
from services.optimizer.domain.levers import STEPS

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
