"""The decision, step by step: what is pinned, the rules, the mode, then the complexity."""

from collections.abc import Callable, Sequence
from typing import get_args

import msgspec

from libs.common.contracts.auth import RoutingRule, Tier
from libs.common.contracts.router import Reason, RouteReply, RouteRequest, UserTurn
from libs.common.errors import BadRequest
from services.router.domain.available_models import AvailableModels
from services.router.domain.complexity import Complexity
from services.router.domain.cost import later
from services.router.domain.rules import CountTokens, matching
from services.router.domain.standing import Saves

NO_KEY = "No valid provider key found. Please connect an API key in the dashboard."
_TIERS: tuple[Tier, ...] = get_args(Tier)
_MOST_NAMED = 20
# The complexity of a request, told by somebody who may ask whether a move between tiers saves.
Judged = Callable[[Saves], Complexity]


def decide(request: RouteRequest, reach: AvailableModels, judge: Judged, count: CountTokens) -> RouteReply:
    """Choose the model. Raises `BadRequest` where no key reaches the requested model and nothing may stand in for it."""
    requested = request.requested_model
    if request.pinned is not None and (provider := reach.provider_of(request.pinned)) is not None:
        return RouteReply(model=request.pinned, provider=provider, reason="pinned")
    if not reach.providers:
        raise BadRequest(NO_KEY, code="no_provider_key", param="model")

    skipped: list[str] = []
    rules = request.rules if request.mode != "manual" or request.rules_in_manual else ()
    for rule in matching(rules, request.texts or (request.prompt,), count):
        if (obeyed := _obey(rule, request, reach, skipped)) is not None:
            return obeyed
        skipped.append(rule.name)

    if not reach.knows(requested):
        raise _unknown(requested, reach)
    if reach.provider_of(requested) is None and not (request.mode == "auto" and request.substitute_unreachable):
        raise unreachable(requested, reach)
    if request.mode == "manual":
        return RouteReply(
            model=requested, provider=_served(requested, reach), reason="manual", skipped_rules=tuple(skipped)
        )

    def saves(to: Tier, instead_of: Tier, turn: UserTurn) -> bool:
        model, now = (_tier_model(tier, requested, reach)[0] for tier in (to, instead_of))
        return not reach.same(model, now) and reach.saves(model, now, later(turn, request))

    auto = _by_complexity(request, judge(saves), reach, tuple(skipped))
    if request.mode == "auto":
        return auto
    return msgspec.structs.replace(
        auto, model=requested, provider=_served(requested, reach), reason="manual", shadow_model=auto.model
    )


def _obey(
    rule: RoutingRule, request: RouteRequest, reach: AvailableModels, skipped: Sequence[str]
) -> RouteReply | None:
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


def _by_complexity(
    request: RouteRequest, found: Complexity, reach: AvailableModels, skipped: tuple[str, ...]
) -> RouteReply:
    requested = request.requested_model
    model, signals = requested, found.signals
    reason: Reason | None
    if reach.provider_of(requested) is None:
        model, reason = _substitute(requested, found.tier, reach), "not_reachable"
    elif request.writes:
        # What a tool has changed cannot be taken back, so nobody saves on who calls it.
        reason, signals = "abstained", ("tools_that_write", *signals)
    elif not found.known:
        reason = "abstained"
    elif found.stepped_down:
        model, reason = _cheapest(requested, reach)
    else:
        model, reason = _tier_model(found.tier, requested, reach)
    return RouteReply(
        model=model,
        provider=_served(model, reach),
        reason=reason or "classifier",
        tier=found.tier,
        score=found.score,
        signals=signals,
        skipped_rules=skipped,
        features=found.features,
    )


def _tier_model(tier: Tier, requested: str, reach: AvailableModels) -> tuple[str, Reason | None]:
    """The tier's model, or the requested one and why it stays. A provider without tiers has only what was asked for."""
    own = reach.provider_of(requested)
    if own is None:
        return requested, "not_reachable"
    name = reach.tier(own, tier, requested)
    # Hard work stays with what was asked for, which may stand above its ladder; an organization may say otherwise.
    if name is None or reach.same(name, requested) or (tier == "complex" and _downwards(name, own, requested, reach)):
        return requested, None if name is not None else "not_reachable"
    ineligible_reason = reach.ineligible_reason(name, requested)
    return (name, None) if ineligible_reason is None else (requested, ineligible_reason)


def _cheapest(requested: str, reach: AvailableModels) -> tuple[str, Reason | None]:
    """The model of the lowest tier that can stand in for the requested one; that one where there is none."""
    reasons: list[Reason | None] = []
    for tier in _TIERS[:-1]:
        model, reason = _tier_model(tier, requested, reach)
        if reason is None and not reach.same(model, requested):
            return model, "budget"
        reasons.append(reason)
        if reason is None:
            break
    return requested, reasons[0]


def _downwards(name: str, provider: str, requested: str, reach: AvailableModels) -> bool:
    return not reach.chosen(provider, "complex") and reach.ineligible_reason(name, requested) is None


def _substitute(requested: str, wanted: Tier, reach: AvailableModels) -> str:
    """For a model without a key: the wanted tier, else the next below, else the next above, never dearer."""
    below = _TIERS[: _TIERS.index(wanted)]
    for tier in (wanted, *reversed(below), *_TIERS[len(below) + 1 :]):
        for provider in reach.providers:
            name = reach.tier(provider, tier, requested)
            if name is not None and reach.ineligible_reason(name, requested, alone=True) is None:
                return name
    raise BadRequest(NO_KEY, code="no_provider_key", param="model")


def _served(model: str, reach: AvailableModels) -> str:
    provider = reach.provider_of(model)
    if provider is None:
        raise BadRequest(NO_KEY, code="no_provider_key", param="model")
    return provider


def unreachable(model: str, reach: AvailableModels) -> BadRequest:
    """Nobody here answers for this model. The first two sentences are the documented ones."""
    return BadRequest(
        f"{NO_KEY} None of your keys reaches {model!r}; models at hand: {_some(reach.names())}. To let another model answer"
        " for one that no key reaches, switch `substitute_unreachable` on.",
        code="no_provider_key",
        param="model",
    )


def _unknown(model: str, reach: AvailableModels) -> BadRequest:
    return BadRequest(
        f"The model {model!r} is not known. Models at hand: {_some(reach.names())}.",
        code="model_not_found",
        param="model",
    )


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_MOST_NAMED]) + (", …" if len(names) > _MOST_NAMED else "")
