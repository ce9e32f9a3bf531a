"""The doors for alert rules and what they recorded."""

from libs.common.bus.ports import Bus
from libs.common.contracts.alerts import DELETE_RULE, GET_RULE, LIST_EVENTS, LIST_RULES, PUT_RULE, TEST_RULE
from services.alerts.delivery import NotificationDelivery
from services.alerts.rules import Rules


async def serve(bus: Bus, rules: Rules, delivery: NotificationDelivery) -> None:
    """Let organizations keep their rules, and read what fired."""
    await bus.serve(LIST_RULES, rules.all)
    await bus.serve(GET_RULE, rules.one)
    await bus.serve(PUT_RULE, rules.put)
    await bus.serve(DELETE_RULE, rules.delete)
    await bus.serve(LIST_EVENTS, rules.events)
    await bus.serve(TEST_RULE, delivery.test)
