"""What a rule may say."""

import math
from typing import Final

from libs.common.contracts.alerts import AlertRule
from libs.common.errors import BadRequest
from libs.common.ids import is_id
from services.alerts.domain.metrics import METRICS
from services.alerts.domain.scopes import check_scope

MOST_RULES: Final = 100
_LONGEST_MINUTES: Final = 7 * 24 * 60


def check(rule: AlertRule) -> None:
    """`BadRequest`, naming the field, for a rule that could not be watched."""
    metric = METRICS[rule.metric]
    if not is_id(rule.id, "alr"):
        raise _refusal("id", "id is not a rule's id.")
    if not 1 <= len(rule.name) <= 200 or "\x00" in rule.name:
        raise _refusal("name", "name has 1 to 200 characters.")
    if not (math.isfinite(rule.threshold) and metric.low <= rule.threshold <= metric.high):
        raise _refusal("threshold", f"threshold of {rule.metric} is {metric.bounds}.")
    if metric.only_above and rule.operator not in ("gt", "gte"):
        raise _refusal(
            "operator", f"operator of {rule.metric} is gt or gte: a day that goes on has always cost less so far."
        )
    if not rule.channels or len(set(rule.channels)) != len(rule.channels):
        raise _refusal("channels", "channels names at least one channel, and each only once.")
    check_scope(rule.scope)
    for field in ("window_minutes", "cooldown_minutes"):
        if not 1 <= getattr(rule, field) <= _LONGEST_MINUTES:
            raise _refusal(field, f"{field} is between 1 and {_LONGEST_MINUTES} (a week).")


def _refusal(field: str, sentence: str) -> BadRequest:
    return BadRequest(sentence, param=field)
