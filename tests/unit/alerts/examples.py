"""Alert rules to watch."""

from typing import Any

from libs.common.contracts.alerts import AlertRule
from libs.common.ids import new_id


def rule(org_id: str = "org_a", **changes: Any) -> AlertRule:
    """The seed's own rule, over fifty dollars a day; name what matters to the test."""
    plain: dict[str, Any] = {
        "id": new_id("alr"),
        "org_id": org_id,
        "name": "High daily spend",
        "metric": "daily_spend",
        "operator": "gt",
        "threshold": 50.0,
    }
    return AlertRule(**{**plain, **changes})
