"""What a rule may say."""

from typing import Any

import pytest

from libs.common.errors import BadRequest
from services.alerts.domain.rules import check
from tests.unit.alerts.examples import rule


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"metric": "error_rate", "threshold": 0},
        {"metric": "error_rate", "threshold": 100},
        {"metric": "savings_percentage", "threshold": -20, "operator": "lt"},
        {"metric": "latency_p95", "threshold": 2500.5, "window_minutes": 1, "cooldown_minutes": 10_080},
        {"channels": ("email", "slack", "webhook")},
    ],
)
def test_what_can_be_watched(changes: dict[str, Any]) -> None:
    check(rule(**changes))


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("id", {"id": "rule-1"}),
        ("id", {"id": "org_" + "0" * 32}),
        ("name", {"name": ""}),
        ("name", {"name": "x" * 201}),
        ("name", {"name": "a\x00b"}),
        ("threshold", {"threshold": -1}),
        ("threshold", {"threshold": float("nan")}),
        ("threshold", {"threshold": float("inf")}),
        ("threshold", {"metric": "error_rate", "threshold": 101}),
        ("threshold", {"metric": "savings_percentage", "threshold": 101}),
        ("threshold", {"metric": "latency_p95", "threshold": -1}),
        ("channels", {"channels": ()}),
        ("channels", {"channels": ("email", "email")}),
        ("window_minutes", {"window_minutes": 0}),
        ("window_minutes", {"window_minutes": 10_081}),
        ("cooldown_minutes", {"cooldown_minutes": 0}),
    ],
)
def test_what_cannot(field: str, changes: dict[str, Any]) -> None:
    with pytest.raises(BadRequest, match=field) as refusal:
        check(rule(**changes))
    assert refusal.value.details.param == field
