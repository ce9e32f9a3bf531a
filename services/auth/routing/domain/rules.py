"""Routing rules: what their authors write, made into what the router reads."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Final, Literal, get_args

import msgspec

from libs.common.contracts.auth import RoutingRule, RuleCondition, Tier
from libs.common.errors import BadRequest

ConditionType = Literal["keyword", "token_count", "always"]
Action = Literal["use_model", "force_tier"]
LEAST_PRIORITY: Final = -1_000_000
MOST_PRIORITY: Final = 1_000_000
Keyword = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]


class StoredRule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule and when it was made: among equals in priority the older one is tried first."""

    rule: RoutingRule
    created_at: datetime


class Keywords(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The value of `keyword`: words and phrases, of which one is enough."""

    keywords: Annotated[tuple[Keyword, ...], msgspec.Meta(min_length=1, max_length=200)]


class TokenCount(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The value of `token_count`: how the prompt's tokens compare with a number."""

    operator: Literal["gt", "lt", "gte", "lte"]
    value: Annotated[int, msgspec.Meta(ge=0, le=100_000_000)]


class Always(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The value of `always`: nothing."""


def condition(kind: ConditionType, value: dict[str, Any]) -> RuleCondition:
    """The condition that `condition_type` and `condition_value` describe; `BadRequest` names what does not fit."""
    try:
        match kind:
            case "keyword":
                return RuleCondition(type=kind, keywords=msgspec.convert(value, Keywords).keywords)
            case "token_count":
                count = msgspec.convert(value, TokenCount)
                return RuleCondition(type=kind, operator=count.operator, value=count.value)
            case "always":
                msgspec.convert(value, Always)
                return RuleCondition(type=kind)
    except msgspec.ValidationError as error:
        raise BadRequest(f"condition_value does not fit {kind}: {error}.", param="condition_value") from None


def condition_value(of: RuleCondition) -> dict[str, Any]:
    """The opposite of `condition`: the value as its author wrote it."""
    match of.type:
        case "keyword":
            return {"keywords": list(of.keywords)}
        case "token_count":
            return {"operator": of.operator, "value": of.value}
        case "always":
            return {}


def check_action(action: Action, value: str) -> None:
    """Raises `BadRequest` where a tier is forced that does not exist."""
    if action == "force_tier" and value not in get_args(Tier):
        raise BadRequest(f"force_tier takes one of {', '.join(get_args(Tier))}.", param="action_value")


def in_order(wanted: Sequence[StoredRule]) -> list[StoredRule]:
    """Those of the rules that need another priority for all to be tried in the order of `wanted`, with that priority.

    The priorities that there are go round among them; one is raised where a younger rule has to come before its equal.
    """
    slots = sorted(stored.rule.priority for stored in wanted)
    priorities: list[int] = []
    for at, stored in enumerate(reversed(wanted)):
        least = slots[at]
        if priorities:
            behind = wanted[len(wanted) - at]
            older = (stored.created_at, stored.rule.id) < (behind.created_at, behind.rule.id)
            least = max(least, priorities[-1] + (0 if older else 1))
        priorities.append(least)
    if priorities and priorities[-1] > MOST_PRIORITY:
        priorities = list(range(len(wanted)))
    return [
        StoredRule(rule=msgspec.structs.replace(stored.rule, priority=priority), created_at=stored.created_at)
        for stored, priority in zip(wanted, reversed(priorities), strict=True)
        if stored.rule.priority != priority
    ]
