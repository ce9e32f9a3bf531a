"""The decision, step by step: what is pinned, the rules, the mode, then the complexity."""

from collections.abc import Callable, Sequence
from typing import get_args

import msgspec

from libs.common.contracts.auth import RoutingRule, Tier
from libs.common.contracts.router import Reason, RouteReply, RouteRequest
from libs.common.errors import BadRequest
from services.router.domain.complexity import Complexity
from services.router.domain.reach import Reach
from services.router.domain.rules import CountTokens, matching

NO_KEY = "No valid provider key found. Please connect an API key in the dashboard."
_TIERS: tuple[Tier, ...] = get_args(Tier)
_MOST_NAMED = 20


def decide(request: RouteRequest, reach: Reach, classify: Callable[[], Complexity], count: CountTokens) -> RouteReply:
    """Choose the model. Raises `BadRequest` where no key reaches the requested model and nothing may stand in for it."""
    requested = request.requested_model
    if request.pinned is not None and (provider := reach.provider_of(request.pinned)) is not None:
        return RouteReply(model=request.pinned, provider=provider, reason="pinned")
    if not reach.providers:
        raise BadRequest(NO_KEY, code="no_provider_key", details={"param": "model"})

    skipped: list[str] = []
    for rule in matching(request.rules, request.texts or (request.prompt,), count):
        if (obeyed := _obey(rule, request, reach, skipped)) is not None:
            return obeyed
        skipped.append(rule.name)

    if not reach.knows(requested):
        raise _unknown(requested, reach)
    if request.mode == "manual":
        return RouteReply(
            model=requested, provider=_served(requested, reach), reason="manual", skipped_rules=tuple(skipped)
        )
    found = classify()
    auto = _by_complexity(requested, found, reach, tuple(skipped))
    if request.mode == "auto":
        return auto
    return msgspec.structs.replace(
        auto, model=requested, provider=_served(requested, reach), reason="manual", shadow_model=auto.model
    )


def _obey(rule: RoutingRule, request: RouteRequest, reach: Reach, skipped: Sequence[str]) -> RouteReply | None:
    """What a rule that matched says; None where it cannot be obeyed."""
    if rule.action == "use_model":
        provider = reach.provider_of(rule.action_value)
        model, tier = rule.action_value, None
    else:
        tier = next((tier for tier in _TIERS if tier == rule.action_value), None)
        if tier is None or not reach.knows(request.requested_model):
            return None
        model, reason = _tier_model(tier, request.requested_model, reach)
        if reason is not None:
            return None
        provider = reach.provider_of(model)
    if provider is None:
        return None
    return RouteReply(
        model=model,
        provider=provider,
        reason="rule",
        tier=tier,
        rule_id=rule.id,
        rule_name=rule.name,
        skipped_rules=tuple(skipped),
    )


def _by_complexity(requested: str, found: Complexity, reach: Reach, skipped: tuple[str, ...]) -> RouteReply:
    model = requested
    reason: Reason | None
    if reach.provider_of(requested) is None:
        model, reason = _stand_in(requested, found.tier, reach), "not_reachable"
    elif not found.known:
        reason = "abstained"
    else:
        model, reason = _tier_model(found.tier, requested, reach)
    return RouteReply(
        model=model,
        provider=_served(model, reach),
        reason=reason or "classifier",
        tier=found.tier,
        score=found.score,
        signals=found.signals,
        skipped_rules=skipped,
        features=found.features,
    )


def _tier_model(tier: Tier, requested: str, reach: Reach) -> tuple[str, Reason | None]:
    """The tier's model, or the requested one and why it stays. A provider without tiers has only what was asked for."""
    own = reach.provider_of(requested)
    obstacle: Reason | None = None
    for provider in (own,) if own is not None else reach.providers:
        name = reach.tier(provider, tier)
        if name is None:
            continue
        if reach.same(name, requested):
            return requested, None
        obstacle = reach.obstacle(name, requested)
        if obstacle is None:
            return name, None
    return requested, obstacle or "not_reachable"


def _stand_in(requested: str, wanted: Tier, reach: Reach) -> str:
    """For a model without a key: the wanted tier, else the next below, else the next above, never dearer."""
    below = _TIERS[: _TIERS.index(wanted)]
    for tier in (wanted, *reversed(below), *_TIERS[len(below) + 1 :]):
        for provider in reach.providers:
            name = reach.tier(provider, tier)
            if name is not None and reach.obstacle(name, requested) is None:
                return name
    raise BadRequest(NO_KEY, code="no_provider_key", details={"param": "model"})


def _served(model: str, reach: Reach) -> str:
    provider = reach.provider_of(model)
    if provider is None:
        raise BadRequest(NO_KEY, code="no_provider_key", details={"param": "model"})
    return provider


def _unknown(model: str, reach: Reach) -> BadRequest:
    names = reach.at_hand()
    shown = ", ".join(names[:_MOST_NAMED]) + (", …" if len(names) > _MOST_NAMED else "")
    return BadRequest(
        f"The model {model!r} is not known. Models at hand: {shown}.",
        code="model_not_found",
        details={"param": "model"},
    )
