"""Routing as a client sees it: the gateway, the router, and a provider that plays OpenAI."""

from typing import Any

import openai
import pytest

from libs.common.contracts.auth import OptimizationSettings, RoutingRule, RuleCondition
from services.router.handlers.route import serve
from tests.damage.router_asking import ROUTER
from tests.damage.test_router_conversations import HARD, REPLIES
from tests.fixtures.gateway import Stack
from tests.fixtures.nats import until

EASY = "What is the capital of France?"
TO_MINI = RoutingRule(
    id="rule_1", name="mini", condition=RuleCondition(type="always"), action="use_model", action_value="gpt-4o-mini"
)


def auto(**fields: Any) -> OptimizationSettings:
    return OptimizationSettings(**{"level": "off", "cache_enabled": False, **fields})


async def ask(stack: Stack, *said: str, model: str = "gpt-4o", **more: Any) -> Any:
    """Alternating turns, the user's first; the answer's `promptly_metadata`."""
    roles = ("user", "assistant")
    messages = [{"role": roles[at % 2], "content": text} for at, text in enumerate(said)]
    reply = await stack.client().chat.completions.create(model=model, messages=messages, **more)  # type: ignore[arg-type]
    return reply.model_extra["promptly_metadata"]  # type: ignore[index]


async def test_a_first_turn_is_routed_and_a_consent_is_not(stack: Stack) -> None:
    await serve(stack.bus, ROUTER)
    stack.change(settings=auto())
    assert (await ask(stack, EASY))["routed_model"] == "gpt-4o-mini"
    for short in ("yes, go on", "ja, mach weiter", "2", "cancel all of them"):
        kept = await ask(stack, HARD["en"], REPLIES[0], short)
        assert (kept["routed_model"], kept["complexity"]) == ("gpt-4o", "complex")


async def test_tools_that_write_keep_the_requested_model(stack: Stack) -> None:
    await serve(stack.bus, ROUTER)
    stack.change(settings=auto())
    tool = {"type": "function", "function": {"name": "cancel_reservation", "parameters": {"type": "object"}}}
    told = await ask(stack, EASY, tools=[tool])
    assert (told["routed_model"], told["routing_reason"]) == ("gpt-4o", "abstained")
    assert told["routing_signals"][0] == "tools_that_write"


@pytest.mark.parametrize("mode", ["auto", "manual", "shadow"])
@pytest.mark.parametrize("with_router", [True, False])
async def test_a_model_that_no_key_reaches_is_refused_and_nothing_is_booked(
    stack: Stack, mode: str, with_router: bool
) -> None:
    if with_router:
        await serve(stack.bus, ROUTER)
    stack.change(settings=auto(routing_mode=mode))
    with pytest.raises(openai.BadRequestError, match="None of your keys reaches `claude-opus`"):
        await ask(stack, EASY, model="claude-opus")
    assert stack.provider.ledger == []
    assert not any(one.levers for one in stack.finished)


async def test_a_substitute_is_its_own_baseline(stack: Stack) -> None:
    await serve(stack.bus, ROUTER)
    stack.change(settings=auto(substitute_unreachable=True))
    told = await ask(stack, EASY, model="claude-opus")
    assert (told["routed_model"], told["routing_reason"], told["savings"]) == ("gpt-4o-mini", "not_reachable", 0)
    await until(lambda: stack.finished)
    event = stack.finished[-1]
    assert event.levers == ()
    assert event.baseline_cost_nano == event.actual_cost_nano


async def test_a_rule_that_steps_in_for_a_model_without_a_key_saves_nothing(stack: Stack) -> None:
    await serve(stack.bus, ROUTER)
    stack.change(settings=auto(), rules=(TO_MINI,))
    told = await ask(stack, EASY, model="claude-opus")
    assert (told["routed_model"], told["routing_reason"], told["savings"]) == ("gpt-4o-mini", "rule", 0)
    await until(lambda: stack.finished)
    assert stack.finished[-1].levers == ()


async def test_a_routed_request_still_books_its_saving(stack: Stack) -> None:
    await serve(stack.bus, ROUTER)
    stack.change(settings=auto())
    told = await ask(stack, EASY)
    assert told["savings"] > 0
    await until(lambda: stack.finished)
    assert [share.lever for share in stack.finished[-1].levers] == ["routing"]


async def test_manual_mode_is_a_pure_proxy_and_asks_no_router(stack: Stack) -> None:
    await serve(stack.bus, ROUTER)
    stack.change(settings=auto(routing_mode="manual"), rules=(TO_MINI,))
    told = await ask(stack, EASY)
    assert told["routed_model"] == "gpt-4o"
    assert "routing_reason" not in told
    stack.change(settings=auto(routing_mode="manual", rules_in_manual=True))
    told = await ask(stack, EASY)
    assert (told["routed_model"], told["rule"]) == ("gpt-4o-mini", "mini")
