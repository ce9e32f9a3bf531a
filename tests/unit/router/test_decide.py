"""Which model serves: every branch of the decision, with the shipped catalogue on a fixed day."""

from datetime import date
from typing import Any

import pytest

from libs.common import catalog
from libs.common.contracts.auth import RoutingRule, RuleCondition, Tier
from libs.common.contracts.router import Needs, RouteReply, RouteRequest
from libs.common.errors import BadRequest, ErrorDetails
from services.router.domain.available_models import AvailableModels
from services.router.domain.complexity import Complexity
from services.router.domain.cost import opening
from services.router.domain.decide import NO_KEY, decide

OPENAI: dict[str, tuple[str, ...]] = {"openai": ()}
ALL: dict[str, tuple[str, ...]] = {"openai": (), "anthropic": (), "google": ()}


def route(
    requested: str = "gpt-4o",
    tier: Tier = "simple",
    *,
    known: bool = True,
    found: Complexity | None = None,
    **fields: Any,
) -> RouteReply:
    fields.setdefault("reachable", OPENAI)
    request = RouteRequest(requested_model=requested, prompt="the prompt", **fields)
    reach = AvailableModels(
        catalog.load(),
        request.reachable,
        request.tiers,
        request.needs,
        date(2026, 11, 21),
        opening(request),
        older_generations=request.older_generations,
    )
    judged = found or Complexity(score=0.5, tier=tier, signals=("lookup",) if known else ())
    return decide(request, reach, lambda saves: judged, lambda texts: sum(len(text.split()) for text in texts))


def rule(action: str, action_value: str, name: str = "r1", **condition: Any) -> RoutingRule:
    fields = {"type": "always", **condition}
    return RoutingRule(
        id=f"id-{name}", name=name, condition=RuleCondition(**fields), action=action, action_value=action_value
    )  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("requested", "tier", "reachable", "model", "provider", "reason"),
    [
        ("gpt-4o", "simple", OPENAI, "gpt-4o-mini", "openai", "classifier"),
        ("gpt-4o", "medium", OPENAI, "gpt-4o", "openai", "classifier"),
        ("gpt-4o", "complex", OPENAI, "gpt-4o", "openai", "classifier"),
        ("gpt-4o-mini", "complex", OPENAI, "gpt-4o-mini", "openai", "not_dearer"),
        ("gpt-4o-mini", "simple", OPENAI, "gpt-4o-mini", "openai", "classifier"),
        ("claude-opus", "simple", ALL, "claude-haiku", "anthropic", "classifier"),
        ("claude-opus", "medium", ALL, "claude-sonnet", "anthropic", "classifier"),
        ("claude-opus-5-5", "complex", ALL, "claude-opus-5-5", "anthropic", "classifier"),
        ("gemini-2.0-pro", "simple", ALL, "gemini-2.0-flash", "google", "classifier"),
        ("claude-haiku", "complex", ALL, "claude-haiku", "anthropic", "not_dearer"),
    ],
)
def test_auto_takes_the_tiers_model_unless_it_is_dearer(
    requested: str, tier: Tier, reachable: dict[str, tuple[str, ...]], model: str, provider: str, reason: str
) -> None:
    reply = route(requested, tier, reachable=reachable)
    assert (reply.model, reply.provider, reply.reason, reply.tier) == (model, provider, reason, tier)


def test_an_organisations_own_tiers_come_first() -> None:
    assert route(tiers={"openai": {"simple": "gpt-4.1-nano"}}).model == "gpt-4.1-nano"
    assert route(tiers={"openai": {"simple": "no-such-model"}}).model == "gpt-4o"


def test_without_evidence_the_requested_model_stays() -> None:
    reply = route("claude-opus", "medium", known=False, reachable=ALL)
    assert (reply.model, reply.reason) == ("claude-opus", "abstained")


@pytest.mark.parametrize("needs", [Needs(audio=True), Needs(context_tokens=500_000)])
def test_a_model_that_cannot_is_not_taken(needs: Needs) -> None:
    reply = route(needs=needs)
    assert (reply.model, reply.reason) == ("gpt-4o", "not_capable")
    assert route(needs=Needs(vision=True, tools=True, json_schema=True, context_tokens=1000)).model == "gpt-4o-mini"


def test_several_choices_are_not_routed_to_a_provider_that_has_one() -> None:
    assert route("claude-opus", needs=Needs(multiple_choices=True), reachable=ALL).reason == "not_capable"
    assert route(needs=Needs(multiple_choices=True)).model == "gpt-4o-mini"


def test_manual_keeps_the_requested_model() -> None:
    reply = route(mode="manual")
    assert (reply.model, reply.provider, reply.reason, reply.tier) == ("gpt-4o", "openai", "manual", None)


def test_shadow_says_what_auto_would_have_done() -> None:
    reply = route(mode="shadow")
    assert (reply.model, reply.shadow_model, reply.tier, reply.signals) == (
        "gpt-4o",
        "gpt-4o-mini",
        "simple",
        ("lookup",),
    )


def test_a_pinned_model_wins_over_everything_if_a_key_reaches_it() -> None:
    rules = (rule("use_model", "gpt-4o-mini"),)
    reply = route(pinned="gpt-4.1", rules=rules)
    assert (reply.model, reply.reason, reply.rule_name) == ("gpt-4.1", "pinned", None)
    assert route(pinned="claude-opus", rules=rules).reason == "rule"


@pytest.mark.parametrize("fields", [{"mode": "auto"}, {"mode": "shadow"}, {"mode": "manual", "rules_in_manual": True}])
def test_the_first_rule_that_matches_decides(fields: dict[str, Any]) -> None:
    rules = (
        rule("use_model", "gpt-4.1", "code", type="keyword", keywords=("code",)),
        rule("use_model", "gpt-4o-mini", "short", type="token_count", operator="lt", value=50),
        rule("use_model", "gpt-4.1", "rest"),
    )
    reply = route(rules=rules, texts=("hello there",), **fields)
    assert (reply.model, reply.reason, reply.rule_id, reply.rule_name) == ("gpt-4o-mini", "rule", "id-short", "short")
    assert route(rules=rules, texts=("hello", "my code"), **fields).rule_name == "code"


def test_manual_mode_knows_no_rules_unless_told_to() -> None:
    reply = route(mode="manual", rules=(rule("use_model", "gpt-4o-mini"),))
    assert (reply.model, reply.reason, reply.rule_name) == ("gpt-4o", "manual", None)


def test_use_model_is_obeyed_even_when_dearer() -> None:
    reply = route("gpt-4o-mini", rules=(rule("use_model", "gpt-4o"),))
    assert (reply.model, reply.reason) == ("gpt-4o", "rule")


def test_use_model_without_a_key_is_skipped_and_reported() -> None:
    reply = route(rules=(rule("use_model", "claude-sonnet", "sonnet"),))
    assert (reply.model, reply.reason, reply.skipped_rules) == ("gpt-4o-mini", "classifier", ("sonnet",))
    both = (rule("use_model", "claude-sonnet", "sonnet"), rule("use_model", "gpt-4.1", "next"))
    assert (route(rules=both).rule_name, route(rules=both).skipped_rules) == ("next", ("sonnet",))
    assert route(rules=(rule("use_model", "claude-sonnet"),), mode="manual", rules_in_manual=True).skipped_rules == (
        "r1",
    )


def test_force_tier_takes_the_tiers_model_but_never_a_dearer_one() -> None:
    reply = route(tier="complex", rules=(rule("force_tier", "simple"),))
    assert (reply.model, reply.tier, reply.reason) == ("gpt-4o-mini", "simple", "rule")
    dearer = route("gpt-4o-mini", rules=(rule("force_tier", "complex"),))
    assert (dearer.model, dearer.skipped_rules) == ("gpt-4o-mini", ("r1",))
    assert route(rules=(rule("force_tier", "enormous"),)).skipped_rules == ("r1",)


def test_a_listed_model_goes_to_the_key_that_lists_it() -> None:
    reachable: dict[str, tuple[str, ...]] = {"openai": (), "openai_compatible": ("llama3", "gpt-4o")}
    assert route("gpt-4o", mode="manual", reachable=reachable).provider == "openai_compatible"
    reply = route("llama3", reachable=reachable)
    assert (reply.model, reply.provider) == ("llama3", "openai_compatible")
    assert route("gpt-4.1", mode="manual", reachable=reachable).provider == "openai"


SUBSTITUTE: dict[str, Any] = {"reachable": {"anthropic": ()}, "substitute_unreachable": True}


def test_without_a_key_for_it_auto_finds_the_best_that_is_not_dearer_where_that_is_wanted() -> None:
    reply = route("gpt-4o", "simple", **SUBSTITUTE)
    assert (reply.model, reply.provider, reply.reason) == ("claude-haiku", "anthropic", "not_reachable")
    assert route("gpt-4o", "medium", **SUBSTITUTE).model == "claude-sonnet"
    stepped_down = route("gpt-4o", "complex", **SUBSTITUTE)
    assert (stepped_down.model, stepped_down.tier) == ("claude-sonnet", "complex")


@pytest.mark.parametrize(
    ("requested", "fields"),
    [
        ("gpt-4o", {"reachable": {"anthropic": ()}}),
        ("gpt-4o", {**SUBSTITUTE, "mode": "manual"}),
        ("gpt-4o", {**SUBSTITUTE, "mode": "shadow"}),
        ("gpt-4o", {"reachable": {"openai_compatible": ("llama3",)}}),
    ],
)
def test_a_model_that_no_key_reaches_is_refused_in_every_mode(requested: str, fields: dict[str, Any]) -> None:
    with pytest.raises(BadRequest) as caught:
        route(requested, **fields)
    assert caught.value.code == "no_provider_key"
    assert caught.value.message.startswith(f"{NO_KEY} None of your keys reaches 'gpt-4o'; models at hand: ")
    assert "`substitute_unreachable`" in caught.value.message


@pytest.mark.parametrize(
    ("requested", "fields"),
    [
        ("gpt-4o", {"reachable": {}}),
        ("gpt-4.1-nano", {**SUBSTITUTE, "reachable": {"google": ()}}),
        ("gpt-4o", {**SUBSTITUTE, "reachable": {"openai_compatible": ("llama3",)}}),
    ],
)
def test_no_key_says_so(requested: str, fields: dict[str, Any]) -> None:
    with pytest.raises(BadRequest) as caught:
        route(requested, **fields)
    assert caught.value.message == NO_KEY
    assert caught.value.message == "No valid provider key found. Please connect an API key in the dashboard."


@pytest.mark.parametrize("mode", ["auto", "manual"])
def test_an_unknown_model_names_the_ones_at_hand(mode: str) -> None:
    with pytest.raises(BadRequest, match=r"'gpt-9' is not known. Models at hand: llama3\.") as caught:
        route("gpt-9", mode=mode, reachable={"openai_compatible": ("llama3",)})
    assert caught.value.details == ErrorDetails(param="model")


def test_a_budget_takes_the_lowest_tier_that_can_stand_in() -> None:
    assert _stepped_down().model == "gpt-4o-mini"
    assert _stepped_down().reason == "budget"
    assert _stepped_down("gpt-4o-mini").model == "gpt-4o-mini"
    own: dict[str, dict[Tier, str]] = {"openai": {"simple": "no-such-model", "medium": "gpt-4.1-mini"}}
    assert _stepped_down(tiers=own).model == "gpt-4.1-mini"
    kept = _stepped_down(needs=Needs(audio=True))
    assert (kept.model, kept.reason) == ("gpt-4o", "not_capable")
    assert _stepped_down(rules=(rule("use_model", "gpt-4.1"),)).reason == "rule"
    assert (_stepped_down(writes=True).model, _stepped_down(pinned="gpt-4o").model) == ("gpt-4o", "gpt-4o")


def _stepped_down(requested: str = "gpt-4o", **fields: Any) -> RouteReply:
    found = Complexity(score=0.9, tier="simple", signals=("budget",), stepped_down=True)
    return route(requested, found=found, **fields)
