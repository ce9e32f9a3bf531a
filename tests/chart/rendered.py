"""What the chart renders to, as values in tests; the engine lives in an environment of its own under `.venvs`."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from tests.fixtures.environments import environment
from tests.fixtures.running import ROOT

CHART = ROOT / "deploy" / "helm" / "promptly"
SETS = sorted(path.stem for path in (CHART / "ci").glob("*.yaml"))
VERSIONS = ("1.27.0", "1.32.0", "1.37.0")


@dataclass(frozen=True)
class Rendered:
    """One set of values: its manifests, why there are none, and what each version of Kubernetes refuses."""

    files: Mapping[str, str]
    error: str
    wrong: Mapping[str, Sequence[str]]
    unknown: Sequence[str]

    @cached_property
    def manifests(self) -> list[dict[str, Any]]:
        """Each of them."""
        texts = [text for name, text in self.files.items() if name.endswith(".yaml")]
        return [manifest for text in texts for manifest in yaml.safe_load_all(text) if manifest]

    def of(self, kind: str) -> dict[str, dict[str, Any]]:
        """Those of a kind, by name."""
        return {one["metadata"]["name"]: one for one in self.manifests if one["kind"] == kind}


def values_of(name: str) -> dict[str, Any]:
    """One of the chart's own sets."""
    found: dict[str, Any] = yaml.safe_load((CHART / "ci" / f"{name}.yaml").read_text())
    return found


def render(
    sets: Mapping[str, Mapping[str, Any]], versions: Sequence[str] = (), chart: Path = CHART
) -> tuple[dict[str, Rendered], list[str]]:
    """Render a chart with each set of values, and what Helm's linter says of it."""
    python = environment(ROOT / "requirements" / "chart.txt") / "bin" / "python"
    asked = json.dumps({"chart": str(chart), "sets": sets, "versions": versions})
    script = Path(__file__).parent / "render.py"
    done = subprocess.run([str(python), str(script)], input=asked, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout)
    return {name: Rendered(**one) for name, one in told["sets"].items()}, told["lint"]
