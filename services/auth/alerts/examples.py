"""Examples of bodies and answers, for the document."""

from typing import Final

import msgspec

from libs.common.contracts.alerts import AlertScope, Notification
from services.auth.alerts import schemas

_TIME: Final = "2026-08-01T09:30:00.000Z"
_RULE: Final = schemas.AlertRule(
    id="alr_" + "8" * 32,
    name="High daily spend",
    metric="daily_spend",
    operator="gt",
    threshold=50.0,
    channels=("email",),
    window_minutes=60,
    cooldown_minutes=60,
    channel_config=schemas.ChannelConfig(),
    is_active=True,
    scope=AlertScope(by="tag", tag="team", value="search"),
    firing_since=None,
    created_at=_TIME,
)
_NOTIFICATION: Final = Notification(channel="email", state="sent", attempts=1)
EXAMPLES: Final[tuple[msgspec.Struct, ...]] = (
    schemas.AlertEvents(
        events=(
            schemas.AlertEvent(
                id="ale_" + "9" * 32,
                rule_id="alr_" + "8" * 32,
                rule_name="High daily spend",
                metric="daily_spend",
                kind="fired",
                value=61.2,
                threshold=50.0,
                time=_TIME,
                data_as_of=_TIME,
                forecast=88.0,
                message="Spend today is $61.20, above $50.00.",
                scope=AlertScope(by="tag", tag="team", value="search"),
                notifications=(_NOTIFICATION,),
            ),
        )
    ),
    _RULE,
    schemas.AlertRuleBody(name="High daily spend", metric="daily_spend", operator="gt", threshold=50.0),
    schemas.AlertRuleChange(threshold=75.0),
    schemas.AlertRules(rules=(_RULE,)),
    schemas.AlertTested(notifications=(_NOTIFICATION,)),
)
