"""Routing rules: what their authors write, made into what the router reads."""

from datetime import datetime
from typing import Annotated, Any, Literal, get_args

import msgspec

from libs.common.contracts.auth import RoutingRule, RuleCondition, Tier
from libs.common.errors import BadRequest

ConditionType = Literal["keyword", "token_count", "always"]
Action = Literal["use_model", "force_tier"]
Keyword = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]


class StoredRule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule and when it was made: among equals in priority the older one is tried first."""

    rule: RoutingRule
    created_at: datetime


class _Keywords(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    keywords: Annotated[tuple[Keyword, ...], msgspec.Meta(min_length=1, max_length=200)]


class _TokenCount(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    operator: Literal["gt", "lt", "gte", "lte"]
    value: Annotated[int, msgspec.Meta(ge=0, le=100_000_000)]


class _Always(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


def condition(kind: ConditionType, value: dict[str, Any]) -> RuleCondition:
    """The condition that `condition_type` and `condition_value` describe; `BadRequest` names what does not fit."""
    try:
        match kind:
            case "keyword":
                return RuleCondition(type=kind, keywords=msgspec.convert(value, _Keywords).keywords)
            case "token_count":
                count = msgspec.convert(value, _TokenCount)
                return RuleCondition(type=kind, operator=count.operator, value=count.value)
            case "always":
                msgspec.convert(value, _Always)
                return RuleCondition(type=kind)
    except msgspec.ValidationError as error:
        raise BadRequest(
            f"condition_value does not fit {kind}: {error}.", details={"param": "condition_value"}
        ) from None


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
        raise BadRequest(f"force_tier takes one of {', '.join(get_args(Tier))}.", details={"param": "action_value"})
