"""Runs in the environment of requirements/chart.txt and says what Helm makes of the chart.

Reads `{"chart": folder, "sets": {name: values}, "versions": [...]}` and answers
`{"lint": [...], "sets": {name: {"files": {template: text}, "error": "", "wrong": {version: [...]}, "unknown": [kinds]}}}`.
"""

import json
import sys
from typing import Any

import helm_python
import kubernetes_validate
import yaml

_RELEASE = "demo"
_NAMESPACE = "prod"


def render(chart: Any, values: dict[str, Any], versions: list[str]) -> dict[str, Any]:
    """One set of values: what it renders to, or why it does not; what Kubernetes' schemas refuse, by version."""
    try:
        chart.validate_schema(values)
        files: dict[str, str] = chart.render(values, name=_RELEASE, namespace=_NAMESPACE)
    except helm_python.HelmError as error:
        return {"files": {}, "error": str(error), "wrong": {}, "unknown": []}
    wrong: dict[str, list[str]] = {version: [] for version in versions}
    unknown: set[str] = set()
    for name, text in files.items():
        if name.endswith((".yaml", ".yml")):
            for manifest in filter(None, yaml.safe_load_all(text)):
                for version in versions:
                    _hold(manifest, version, wrong[version], unknown)
    return {"files": files, "error": "", "wrong": wrong, "unknown": sorted(unknown)}


def _hold(manifest: dict[str, Any], version: str, wrong: list[str], unknown: set[str]) -> None:
    try:
        kubernetes_validate.validate(manifest, version, strict=True)
    except kubernetes_validate.ValidationError as error:
        wrong.append(f"{manifest['kind']} {manifest['metadata']['name']}: {error.message}")
    except kubernetes_validate.SchemaNotFoundError:
        unknown.add(f"{manifest['apiVersion']} {manifest['kind']}")


def main() -> None:
    """One JSON object in, one out."""
    asked = json.load(sys.stdin)
    with helm_python.Chart.load(asked["chart"]) as chart:
        sets = {name: render(chart, values, asked["versions"]) for name, values in asked["sets"].items()}
    lint = [
        f"{one['path']}: {one['error']}" for one in helm_python.lint(asked["chart"])["messages"] if one["severity"] > 1
    ]
    json.dump({"lint": lint, "sets": sets, "helm": helm_python.helm_sdk_version()}, sys.stdout)


if __name__ == "__main__":
    main()
