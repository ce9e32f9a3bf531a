"""Whatever the keys, the needs, the tiers and the tier: a routed model is never expected to cost more, and always capable,
reachable and of an age with the requested one.
"""

from dataclasses import replace
from datetime import date, timedelta
from typing import get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from libs.common import catalog
from libs.common.contracts.auth import RoutingMode, RoutingRule, RuleCondition, Tier
from libs.common.contracts.router import Needs, RouteReply, RouteRequest
from libs.common.errors import BadRequest
from services.router.domain.available_models import AvailableModels
from services.router.domain.complexity import Complexity
from services.router.domain.cost import expected, opening
from services.router.domain.decide import decide

CATALOG = catalog.load()
PROVIDERS = ("openai", "anthropic", "google")
MODELS = tuple(name for provider in PROVIDERS for name in CATALOG.of_provider(provider))
ALIASES = ("claude-haiku", "claude-sonnet", "claude-opus", "gemini-2.0-flash", "gemini-2.0-pro")
NAMES = st.sampled_from((*MODELS, *ALIASES, "llama3", "no-such-model"))
TIERS = st.sampled_from(get_args(Tier))
DAYS = st.integers(0, 400).map(lambda days: date(2026, 1, 1) + timedelta(days=days))
KEYS = st.dictionaries(
    st.sampled_from((*PROVIDERS, "openai_compatible")), st.lists(NAMES, max_size=3).map(tuple), max_size=4
)
NEEDS = st.builds(
    Needs,
    vision=st.booleans(),
    audio=st.booleans(),
    files=st.booleans(),
    tools=st.booleans(),
    json_schema=st.booleans(),
    multiple_choices=st.booleans(),
    context_tokens=st.sampled_from([0, 1_000, 150_000, 300_000, 3_000_000]),
)
OWN_TIERS = st.dictionaries(st.sampled_from(PROVIDERS), st.dictionaries(TIERS, NAMES, max_size=3), max_size=3)
RULES = st.lists(
    st.builds(
        RoutingRule,
        id=st.just("rule_1"),
        name=st.just("force"),
        condition=st.just(RuleCondition(type="always")),
        action=st.just("force_tier"),
        action_value=TIERS,
    ),
    max_size=1,
).map(tuple)
REQUESTS = st.builds(
    RouteRequest,
    requested_model=NAMES,
    prompt=st.just("the prompt"),
    mode=st.sampled_from(get_args(RoutingMode)),
    rules=RULES,
    substitute_unreachable=st.booleans(),
    tiers=OWN_TIERS,
    reachable=KEYS,
    needs=NEEDS,
)


def _routed(request: RouteRequest, reach: AvailableModels, tier: Tier) -> RouteReply | None:
    found = Complexity(score=0.5, tier=tier, signals=("lookup",), features=(0.0,))
    try:
        return decide(request, reach, lambda saves: found, lambda texts: 1)
    except BadRequest:
        return None


@settings(max_examples=500, deadline=None)
@given(REQUESTS, TIERS, DAYS)
def test_a_routed_model_is_never_dearer_always_capable_and_reachable(
    request: RouteRequest, tier: Tier, day: date
) -> None:
    reach = AvailableModels(CATALOG, request.reachable, request.tiers, request.needs, day, opening(request))
    reply = _routed(request, reach, tier)
    if reply is None:
        return
    assert reply.provider in request.reachable
    for name in filter(None, (reply.model, reply.shadow_model)):
        if reach.same(name, request.requested_model):
            continue
        model, asked = CATALOG.find(name), CATALOG.find(request.requested_model)
        assert model is not None
        assert asked is not None
        unreachable = reach.provider_of(request.requested_model) is None
        ahead = opening(request)
        ahead = replace(ahead, following=0) if unreachable else ahead
        costs = [expected(one, ahead, day) for one in (model, asked)]
        assert costs[0] is not None
        assert costs[1] is not None
        assert costs[0] <= costs[1]
        assert CATALOG.generations_older(name, request.requested_model) <= 1
        needs = request.needs
        assert all(
            model.can(name) for name in ("vision", "audio", "files", "tools", "json_schema") if getattr(needs, name)
        )
        assert needs.context_tokens <= model.max_input_tokens
        assert reach.provider_of(name) is not None


@settings(deadline=None)
@given(REQUESTS, DAYS)
def test_a_higher_tier_is_never_cheaper_to_leave_alone(request: RouteRequest, day: date) -> None:
    """Asked twice, the same; and whatever the tier, either all are refused or none is."""
    reach = AvailableModels(CATALOG, request.reachable, request.tiers, request.needs, day, opening(request))
    replies = [_routed(request, reach, tier) for tier in get_args(Tier)]
    assert replies == [_routed(request, reach, tier) for tier in get_args(Tier)]
    assert len({reply is None for reply in replies}) == 1
