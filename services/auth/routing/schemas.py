"""Bodies and answers about tiers, routing rules and what the router would do."""

from typing import Annotated, Any, Final, Self

import msgspec
from msgspec import Meta

from libs.common.contracts.auth import ModelAlias, RoutingMode, Tier
from libs.common.contracts.providers import ProviderName
from libs.common.contracts.router import Reason, RouteReply
from services.auth.routing.domain import rules
from services.auth.schemas import Answer, Text, Time, iso

_AliasName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,127}$")]
Priority = Annotated[int, Meta(ge=rules.LEAST_PRIORITY, le=rules.MOST_PRIORITY)]
_VALUES: Final = (rules.Keywords, rules.TokenCount, rules.Always)
# It is decoded where `condition_type` is known; here the document lists the three shapes.
ConditionValue = Annotated[
    dict[str, Any],
    Meta(extra_json_schema={"anyOf": [msgspec.json.schema(one)["$defs"][one.__name__] for one in _VALUES]}),
]


class RoutingChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The mode, and the models of some providers' tiers; null restores a provider's defaults."""

    routing_mode: RoutingMode | None = None
    tiers: dict[ProviderName, dict[Tier, Text] | None] = {}


class WeightedModelBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A model, and how many parts of all conversations it gets."""

    model: Text
    weight: Annotated[int, Meta(ge=1, le=1000)] = 1


class AliasBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a name stands for: one of `models` for each conversation, by their weights, and one of `fallbacks` where that fails."""

    models: Annotated[tuple[WeightedModelBody, ...], Meta(min_length=1, max_length=10)]
    fallbacks: Annotated[tuple[Text, ...], Meta(max_length=3)] = ()


class AliasesBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All names that the organization has for models."""

    aliases: Annotated[dict[_AliasName, AliasBody], Meta(max_length=100)]

    def wanted(self) -> dict[str, ModelAlias]:
        """As it is kept."""
        return msgspec.convert(msgspec.to_builtins(self.aliases), dict[str, ModelAlias])


class Aliases(Answer, frozen=True, kw_only=True):
    """An organization's own names for models."""

    aliases: dict[str, ModelAlias]


class RuleBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new routing rule."""

    name: Text
    condition_type: rules.ConditionType
    condition_value: ConditionValue = {}
    action: rules.Action
    action_value: Text
    priority: Priority = 0


class RuleChangeBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A change of a routing rule."""

    name: Text | None = None
    condition_type: rules.ConditionType | None = None
    condition_value: ConditionValue | None = None
    action: rules.Action | None = None
    action_value: Text | None = None
    priority: Priority | None = None


class RuleOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All rules, in the order in which they are to be tried."""

    rule_ids: list[Text]


class Rule(Answer, frozen=True, kw_only=True):
    """A routing rule."""

    id: str
    name: str
    condition_type: rules.ConditionType
    condition_value: ConditionValue
    action: rules.Action
    action_value: str
    priority: int
    created_at: Time

    @classmethod
    def of(cls, stored: rules.StoredRule) -> Self:
        """From the stored rule, the way its author wrote it."""
        rule = stored.rule
        return cls(
            id=rule.id,
            name=rule.name,
            condition_type=rule.condition.type,
            condition_value=rules.condition_value(rule.condition),
            action=rule.action,
            action_value=rule.action_value,
            priority=rule.priority,
            created_at=iso(stored.created_at),
        )


class Rules(Answer, frozen=True, kw_only=True):
    """Routing rules in the order in which they are tried."""

    rules: tuple[Rule, ...]


class RuleRef(Answer, frozen=True, kw_only=True):
    """The rule that decided."""

    id: str
    name: str | None


class Route(Answer, frozen=True, kw_only=True):
    """What the router would do, and why. `simple` says of the whole conversation what the lever `effort` asks for: every turn of it is, and
    its tools change nothing.
    """

    model: str
    provider: str
    tier: Tier | None
    score: float | None
    reason: Reason
    rule: RuleRef | None
    signals: tuple[str, ...]
    skipped_rules: tuple[str, ...]
    shadow_model: str | None
    simple: bool

    @classmethod
    def of(cls, route: RouteReply) -> Self:
        """From the router's reply."""
        return cls(
            model=route.model,
            provider=route.provider,
            tier=route.tier,
            score=route.score,
            reason=route.reason,
            rule=None if route.rule_id is None else RuleRef(id=route.rule_id, name=route.rule_name),
            signals=route.signals,
            skipped_rules=route.skipped_rules,
            shadow_model=route.shadow_model,
            simple=route.simple,
        )
