"""The chart's values, made of its values.yaml: `python -m bench.chart_reference` writes docs/kubernetes.md's table, the schema, and the
bundled NATS server's users.

The comment above a key that begins with `# --` is its meaning. The schema refuses a key that values.yaml does not have, so that a
misspelled one is said and not passed over.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

ROOT: Final = Path(__file__).parents[1]
CHART: Final = ROOT / "deploy" / "helm" / "promptly"
VALUES: Final = CHART / "values.yaml"
SCHEMA: Final = CHART / "values.schema.json"
PAGE: Final = ROOT / "docs" / "kubernetes.md"
NATS: Final = (ROOT / "deploy" / "nats.conf", CHART / "charts" / "nats" / "files" / "nats.conf")
_BEGIN, _END = "<!-- values: made by `make settings` -->\n", "<!-- end of values -->\n"
# Maps whose keys are the operator's own, and values that Kubernetes reads.
_FREE: Final = {
    "settings",
    "annotations",
    "podAnnotations",
    "nodeSelector",
    "affinity",
    "resources",
    "labels",
    "caSecret",
    "extraSecretKeys",
}
_CHOICES: Final = {
    "pullPolicy": ["Always", "IfNotPresent", "Never"],
    "accessMode": ["ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"],
    "type": ["ClusterIP", "LoadBalancer", "NodePort"],
}
_KEY = re.compile(r"^(\s*)([\w-]+):")


def meanings(text: str) -> dict[str, str]:
    """What is said of each key, by its path with dots."""
    found: dict[str, str] = {}
    path: list[tuple[int, str]] = []
    said: list[str] = []
    for line in text.splitlines():
        if line.strip().startswith("# -- "):
            said.append(line.strip().removeprefix("# -- "))
        elif (match := _KEY.match(line)) is not None:
            indent = len(match[1])
            path = [*(one for one in path if one[0] < indent), (indent, match[2])]
            if said:
                found[".".join(name for _, name in path)] = " ".join(said)
            said = []
        elif not line.strip().startswith("#"):
            said = []
    return found


def table() -> str:
    """The rows of docs/kubernetes.md: each key that says what it means, with its default."""
    text = VALUES.read_text()
    values = yaml.safe_load(text)
    rows = [
        f"| `{path}` | {_default(_at(values, path), path in ('cache', 'optimizer', 'router', 'analytics', 'alerts'))} | {meaning} |\n"
        for path, meaning in meanings(text).items()
    ]
    return "".join(["| value | default | meaning |\n", "|---|---|---|\n", *rows])


def page(before: str) -> str:
    """docs/kubernetes.md with the table made anew."""
    head, _, rest = before.partition(_BEGIN)
    return f"{head}{_BEGIN}\n{table()}\n{_END}{rest.partition(_END)[2]}"


def schema() -> str:
    """values.schema.json."""
    values = yaml.safe_load(VALUES.read_text())
    made = {"$schema": "https://json-schema.org/draft-07/schema#", **_schema("", values)}
    return json.dumps(made, indent=1) + "\n"


def paths(values: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """Every key of a tree, by its path; what is free is not looked into."""
    for name, value in values.items():
        path = f"{prefix}{name}"
        if isinstance(value, dict) and name not in _FREE and value:
            yield from paths(value, f"{path}.")
        else:
            yield path


def _at(values: Mapping[str, Any], path: str) -> Any:
    found: Any = values
    for name in path.split("."):
        found = found[name]
    return found


def _default(value: Any, is_service: bool) -> str:
    if is_service:
        return f"as `auth`; `resources` {_default(value['resources'], False)}"
    written = json.dumps(value, separators=(", ", ": "))
    return f"`{written}`"


def _schema(name: str, value: Any) -> dict[str, Any]:
    if name in _CHOICES:
        return {"enum": _CHOICES[name]}
    match value:
        case bool():
            return {"type": "boolean"}
        case int():
            return {"type": "integer", "minimum": 0}
        case str():
            # A tag, a size or a port's number may be written without quotes.
            return {"type": ["string", "number"]} if name in ("tag", "size") else {"type": "string"}
        case list():
            return {"type": ["array", "null"]}
        case dict() if name in _FREE:
            return {"type": ["object", "null"]}
        case dict():
            inside = {key: _schema(key, below) for key, below in value.items()}
            # Helm adds `global` to the values of charts that others depend on.
            own = {"global": {"type": "object"}} if name in ("nats", "postgres", "qdrant") else {}
            return {"type": "object", "additionalProperties": False, "properties": {**own, **inside}}
    raise TypeError(f"values.yaml has {name!r} with {value!r}, which the schema cannot say")


def main() -> None:
    """Write all three."""
    PAGE.write_text(page(PAGE.read_text()))
    SCHEMA.write_text(schema())
    NATS[1].write_text(NATS[0].read_text())


if __name__ == "__main__":
    main()
