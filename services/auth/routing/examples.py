"""Examples of bodies and answers, for the document."""

from typing import Final

import msgspec

from libs.common.contracts.auth import ModelAlias, Tier, WeightedModel
from services.auth.routing import schemas
from services.auth.routing.domain.chat_request import ChatBody, ChatMessage
from services.auth.routing.service import Routing

_TIME: Final = "2026-08-01T09:30:00.000Z"
_RULE: Final = schemas.Rule(
    id="rule_" + "6" * 32,
    name="Contracts go to the large model",
    condition_type="keyword",
    condition_value={"keywords": ["contract", "liability"]},
    action="use_model",
    action_value="gpt-4o",
    priority=10,
    created_at=_TIME,
)
_ALIAS: Final = ModelAlias(
    models=(WeightedModel(model="gpt-4o-mini", weight=9), WeightedModel(model="claude-haiku")),
    fallbacks=("gemini-2.5-flash",),
)
_TIERS: Final[dict[str, dict[Tier, str]]] = {
    "openai": {"simple": "gpt-4o-mini", "medium": "gpt-4o-mini", "complex": "gpt-4o"}
}
EXAMPLES: Final[tuple[msgspec.Struct, ...]] = (
    schemas.AliasesBody(
        aliases={
            "fast": schemas.AliasBody(
                models=(
                    schemas.WeightedModelBody(model="gpt-4o-mini", weight=9),
                    schemas.WeightedModelBody(model="claude-haiku", weight=1),
                ),
                fallbacks=("gemini-2.5-flash",),
            )
        }
    ),
    schemas.Aliases(aliases={"fast": _ALIAS}),
    ChatBody(model="gpt-4o", messages=[ChatMessage(role="user", content="What is the capital of France?")]),
    schemas.Route(
        model="gpt-4o-mini",
        provider="openai",
        tier="simple",
        score=0.08,
        reason="classifier",
        rule=None,
        signals=("short",),
        skipped_rules=(),
        shadow_model=None,
        simple=False,
    ),
    Routing(routing_mode="auto", tiers=_TIERS, default_tiers=_TIERS),
    schemas.RoutingChange(routing_mode="auto", tiers={"openai": {"complex": "gpt-4o"}}),
    _RULE,
    schemas.RuleBody(
        name="Contracts go to the large model",
        condition_type="keyword",
        condition_value={"keywords": ["contract", "liability"]},
        action="use_model",
        action_value="gpt-4o",
        priority=10,
    ),
    schemas.RuleChangeBody(priority=20),
    schemas.RuleOrder(rule_ids=["rule_" + "6" * 32]),
    schemas.Rules(rules=(_RULE,)),
)
