"""Dashboards, rules and the table of metrics name what exists: each query its metrics and labels, each metric its row."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.fixtures.promql import declared, mistakes, series
from tests.fixtures.running import ROOT

DASHBOARDS = sorted((ROOT / "deploy" / "grafana").glob("*.json"))
RULES: dict[str, Any] = yaml.safe_load((ROOT / "deploy" / "prometheus" / "rules.yml").read_text())
ALL_RULES: list[dict[str, Any]] = [rule for group in RULES["groups"] for rule in group["rules"]]
RECORDED: dict[str, frozenset[str]] = {rule["record"]: frozenset() for rule in ALL_RULES if "record" in rule}
ROWS = re.findall(
    r"^\| `(promptly_\w+)` \| (\w+) \| ([^|]*) \|", (ROOT / "docs" / "metrics.md").read_text(), re.MULTILINE
)


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_a_dashboard_names_what_exists(path: Path) -> None:
    board = json.loads(path.read_text())
    queries = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    known = series() | RECORDED
    assert queries
    assert [f"{query}: {one}" for query in queries for one in mistakes(query, known)] == []
    for variable in board["templating"]["list"]:
        if variable["type"] == "query":
            metric, label = re.fullmatch(r"label_values\((\w+), (\w+)\)", variable["query"]["query"]).groups()
            assert label in known[metric]
    asked = set(re.findall(r"\$(?!__)\{?(\w+)", json.dumps(board["panels"])))
    assert asked <= {variable["name"] for variable in board["templating"]["list"]}
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])


def test_dashboards_have_ids_of_their_own() -> None:
    assert len({json.loads(path.read_text())["uid"] for path in DASHBOARDS}) == len(DASHBOARDS) == 2


@pytest.mark.parametrize("rule", ALL_RULES, ids=lambda rule: rule.get("alert") or rule["record"])
def test_a_rule_names_what_exists(rule: dict[str, Any]) -> None:
    assert mistakes(rule["expr"], series() | RECORDED) == []


@pytest.mark.parametrize("rule", [one for one in ALL_RULES if "alert" in one], ids=lambda rule: rule["alert"])
def test_an_alert_says_what_is_wrong_and_what_to_do(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("page", "ticket", "info")
    assert re.fullmatch(r"\d+m", rule["for"])
    assert set(rule["annotations"]) == {"summary", "description"}


def test_what_operators_asked_for_has_a_rule() -> None:
    names = {rule.get("alert") for rule in ALL_RULES}
    assert {"PromptlyErrorsBurnFast", "PromptlySpoolGrows", "PromptlyDeadLetters", "PromptlyConsumerLag"} <= names


def test_the_table_has_every_metric_and_its_labels() -> None:
    assert {name: (kind, labels) for name, kind, labels in ROWS} == {
        one.name: (one.kind.lower(), ", ".join(f"`{label}`" for label in one.labels)) for one in declared()
    }


@pytest.mark.parametrize(
    ("query", "mistake"),
    [
        ("rate(promptly_request_total[5m])", "there is no metric promptly_request_total"),
        ('promptly_requests_total{org="x"}', "promptly_requests_total has no label org"),
        ("sum by (org) (rate(promptly_requests_total[5m]))", "there is no label org to aggregate by"),
        ("sum by (model) (sum by (kind) (promptly_requests_total))", "there is no label model to aggregate by"),
        ("histogram_quantile(0.9, rate(promptly_request_seconds_count[5m]))", "histogram_quantile needs the label le"),
        ("1 - ignored_total / promptly_requests_total", "there is no metric ignored_total"),
    ],
)
def test_a_planted_mistake_is_found(query: str, mistake: str) -> None:
    assert mistakes(query, series()) == [mistake]


def test_what_is_no_query_is_found() -> None:
    (mistake,) = mistakes("sum by (", series())
    assert mistake.startswith("not PromQL")


def test_the_scrape_names_every_service() -> None:
    scrape = yaml.safe_load((ROOT / "deploy" / "prometheus" / "prometheus.yml").read_text())["scrape_configs"][0]
    services = {path.parent.name for path in (ROOT / "services").glob("*/__main__.py")}
    assert set(scrape["dns_sd_configs"][0]["names"]) == services
    assert scrape["job_name"].startswith("promptly")
