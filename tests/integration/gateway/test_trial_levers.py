"""Levers that are off until wanted: what providers get of them, what receipts say, and that nothing of it is there before."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from libs.common.contracts.auth import OptimizationSettings
from libs.common.contracts.optimizer import OPTIMIZE, OptimizeReply, OptimizeRequest
from libs.common.contracts.router import ROUTE, RouteReply, RouteRequest
from services.gateway.domain import holdout
from services.gateway.state.usual_reasoning import FEWEST
from tests.fake_provider.script import Step
from tests.fixtures.gateway import Stack
from tests.fixtures.nats import until
from tests.fixtures.three_providers import three_providers
from tests.unit.common.test_images import png, url

THINKERS = {"openai": "gpt-5.5", "anthropic": "claude-opus-5-5", "google": "gemini-3.5-flash"}
PLAIN = OptimizationSettings(level="aggressive", cache_enabled=False, prefix_caching=False, context_pruning=False)
_PROVIDERS = {"gpt": "openai", "o": "openai", "claude": "anthropic", "gemini": "google"}
WORDY = "Look up the order of the customer."
SHORT = "Look up order of customer."


@dataclass
class Router:
    """What the played router says: whether a conversation is simple, and another model than the requested one."""

    simple: bool = True
    model: str | None = None

    async def route(self, request: RouteRequest) -> RouteReply:
        model = self.model or request.requested_model
        provider = next(name for start, name in _PROVIDERS.items() if model.startswith(start))
        judged = request.conversation_judged and self.simple
        return RouteReply(model=model, provider=provider, reason="classifier", tier="simple", simple=judged)


@pytest.fixture
def router() -> Router:
    return Router()


@pytest.fixture
async def stack(tmp_path: Path, router: Router) -> AsyncIterator[Stack]:
    async def optimize(request: OptimizeRequest) -> OptimizeReply:
        texts = tuple(SHORT if text == WORDY else "" for text in request.definitions)
        return OptimizeReply(
            messages=msgspec.Raw(b"null"),
            original_tokens=1,
            optimized_tokens=1,
            definitions=texts,
            definition_tokens=2 * texts.count(SHORT),
            gist=True,
        )

    async with three_providers(tmp_path) as stack:
        await stack.bus.serve(ROUTE, router.route)
        await stack.bus.serve(OPTIMIZE, optimize)
        stack.change(settings=PLAIN)
        yield stack


def asks(model: str, **more: Any) -> list[tuple[str, dict[str, Any]]]:
    """The same question in all four formats."""
    question = "What is the capital of Norway?"
    said = [{"role": "user", "content": question}]
    contents = [{"role": "user", "parts": [{"text": question}]}]
    return [
        ("/v1/chat/completions", {"model": model, "messages": said, **more}),
        ("/v1/responses", {"model": model, "input": question, "store": False, **more}),
        ("/v1/messages", {"model": model, "max_tokens": 4000, "messages": said, **more}),
        (f"/v1beta/models/{model}:generateContent", {"contents": contents, **more}),
    ]


async def post(stack: Stack, path: str, body: dict[str, Any], **headers: str) -> httpx.Response:
    headers = {"authorization": f"Bearer {stack.api_key}", **headers}
    async with httpx.AsyncClient(base_url=stack.url, headers=headers) as http:
        answer = await http.post(path, json=body)
    assert answer.status_code == 200, answer.text
    return answer


def sent(stack: Stack) -> dict[str, Any]:
    found: dict[str, Any] = stack.provider.ledger[-1]["body"]
    return found


def effort_of(body: dict[str, Any]) -> Any:
    """How much the provider was asked to think, in any of the formats."""
    thinking = body.get("generationConfig", {}).get("thinkingConfig", {})
    said = (body.get("reasoning_effort"), (body.get("reasoning") or {}).get("effort"), thinking.get("thinkingLevel"))
    return next((one for one in (*said, body.get("output_config", {}).get("effort")) if one is not None), None)


def on(**settings: Any) -> OptimizationSettings:
    return msgspec.structs.replace(PLAIN, **settings)


LESS = {"openai": "low", "anthropic": "medium", "google": "low"}


@pytest.mark.parametrize("provider", THINKERS)
@pytest.mark.parametrize("api", range(4))
async def test_every_format_asks_every_provider_for_one_step_less(
    stack: Stack, router: Router, provider: str, api: int
) -> None:
    path, body = asks(THINKERS[provider])[api]
    await post(stack, path, body)
    assert effort_of(sent(stack)) is None
    for settings, wanted in (
        (on(effort="on"), LESS[provider]),
        (on(effort="shadow"), None),
        (on(effort="on", level="off"), None),
        (on(effort="on", routing_mode="manual"), None),
    ):
        stack.change(settings=settings)
        await post(stack, path, body)
        assert effort_of(sent(stack)) == wanted, settings
    router.simple = False
    stack.change(settings=on(effort="on"))
    await post(stack, path, body)
    assert effort_of(sent(stack)) is None


@pytest.mark.parametrize(
    ("api", "said"),
    [
        (0, {"reasoning_effort": "high"}),
        (1, {"reasoning": {"effort": "high"}}),
        (1, {"reasoning": {"summary": "auto"}}),
        (2, {"thinking": {"type": "adaptive"}}),
        (2, {"output_config": {"effort": "max"}}),
        (3, {"generationConfig": {"thinkingConfig": {"thinkingLevel": "high"}}}),
    ],
)
@pytest.mark.parametrize("provider", THINKERS)
async def test_what_a_client_says_of_it_stands(stack: Stack, provider: str, api: int, said: dict[str, Any]) -> None:
    path, body = asks(THINKERS[provider], **said)[api]
    await post(stack, path, body)
    before = sent(stack)
    stack.change(settings=on(effort="on"))
    await post(stack, path, body)
    assert sent(stack) == before


@pytest.mark.parametrize("model", ["gpt-4o", "gpt-5.4", "claude-haiku-4-5", "gemini-2.5-flash", "gemini-3.8-flash"])
async def test_a_model_that_takes_no_such_wish_gets_none(stack: Stack, model: str) -> None:
    stack.change(settings=on(effort="on"))
    for path, body in asks(model):
        await post(stack, path, body)
        assert effort_of(sent(stack)) is None


async def test_the_receipt_books_thoughts_only_against_what_is_usual(stack: Stack) -> None:
    path, body = asks("gpt-5.5")[0]
    stack.provider.script.add("gpt-5.5", [Step(reasoning_tokens=40)])
    stack.change(settings=on(effort="on"))
    answer = (await post(stack, path, body)).json()
    assert answer["promptly_metadata"]["effort"] == "low"
    assert "effort" not in answer["promptly_metadata"]["optimizations"], "nobody knows yet what it saves"
    stack.change(settings=on(effort="shadow"))
    stack.provider.script.add("gpt-5.5", [Step(reasoning_tokens=200)] * FEWEST)
    for _ in range(FEWEST):
        await post(stack, path, body)
    stack.change(settings=on(effort="on"))
    stack.provider.script.add("gpt-5.5", [Step(reasoning_tokens=40)] * 2)
    await post(stack, path, body)
    await post(stack, path, {**body, "max_completion_tokens": 100})
    await until(lambda: len(stack.finished) == FEWEST + 3)
    first, *shadows, saved, short = stack.finished
    assert first.actual_cost_nano == first.baseline_cost_nano
    assert [one.lever for one in shadows[0].shadow_levers] == ["effort"]
    assert (shadows[0].levers, shadows[0].shadow_levers[0].nano_usd) == ((), None)
    price = (saved.actual_cost_nano or 0) // max(1, saved.tokens.output + saved.tokens.input)
    assert price > 0
    (line,) = saved.levers
    assert line.lever == "effort"
    each = (line.nano_usd or 0) // 160
    assert line.nano_usd == 160 * each == (saved.baseline_cost_nano or 0) - (saved.actual_cost_nano or 0)
    # No more thoughts than the request had room for.
    assert short.levers[0].nano_usd == each * (100 - short.tokens.output_text - 40)


async def test_nothing_is_booked_where_another_model_answers(stack: Stack, router: Router) -> None:
    path, body = asks("gpt-5.5")[0]
    stack.provider.script.add("gpt-5.5", [Step(reasoning_tokens=200)] * FEWEST)
    stack.change(settings=on(effort="shadow"))
    for _ in range(FEWEST):
        await post(stack, path, body)
    router.model = "o4-mini"
    stack.change(settings=on(effort="on"))
    await post(stack, path, body)
    assert effort_of(sent(stack)) == "low"
    await until(lambda: len(stack.finished) == FEWEST + 1)
    assert {line.lever for line in stack.finished[-1].levers} == {"routing"}


def tools(api: int) -> list[dict[str, Any]]:
    schema = {"type": "object", "properties": {"id": {"type": "string", "description": WORDY}}, "required": ["id"]}
    function = {"name": "look_up", "description": WORDY, "parameters": schema}
    formats: list[dict[str, Any]] = [
        {"type": "function", "function": function},
        {"type": "function", **function},
        {"name": "look_up", "description": WORDY, "input_schema": schema},
        {"functionDeclarations": [function]},
    ]
    return [formats[api]]


@pytest.mark.parametrize("provider", THINKERS)
@pytest.mark.parametrize("api", range(4))
async def test_descriptions_are_shorter_in_every_format(stack: Stack, provider: str, api: int) -> None:
    path, body = asks(THINKERS[provider], tools=tools(api))[api]
    stack.change(settings=on(routing_mode="manual"))
    await post(stack, path, body)
    before = json.dumps(sent(stack))
    assert before.count(WORDY) == 2
    stack.change(settings=on(routing_mode="manual", tool_definitions="shadow"))
    await post(stack, path, body)
    assert json.dumps(sent(stack)) == before
    stack.change(settings=on(routing_mode="manual", tool_definitions="on"))
    await post(stack, path, body)
    assert json.dumps(sent(stack)) == before.replace(WORDY, SHORT)
    stack.change(settings=on(routing_mode="manual", tool_definitions="on", level="moderate"))
    await post(stack, path, body)
    assert json.dumps(sent(stack)) == before
    await until(lambda: len(stack.finished) == 4)
    plain, shadow, shorter, _ = stack.finished
    assert [(line.lever, line.tokens) for line in shadow.shadow_levers] == [("tools", 2)]
    assert (shadow.levers, plain.shadow_levers) == ((), ())
    (line,) = shorter.levers
    assert (line.lever, line.tokens) == ("tools", 2)
    assert line.nano_usd == (shorter.baseline_cost_nano or 0) - (shorter.actual_cost_nano or 0) > 0
    assert shorter.original_tokens == shorter.tokens.input + 2
    assert line.nano_usd == shadow.shadow_levers[0].nano_usd
    assert not shorter.raw


async def test_what_the_provider_has_cached_is_saved_at_the_cached_price(stack: Stack) -> None:
    path, body = asks("gpt-4o", tools=tools(0))[0]
    stack.change(settings=on(routing_mode="manual", tool_definitions="on"))
    stack.provider.script.add("gpt-4o", [Step(prompt_tokens=2000), Step(prompt_tokens=2000, cached_tokens=1024)])
    await post(stack, path, body)
    await post(stack, path, body)
    await until(lambda: len(stack.finished) == 2)
    first, cached = (event.levers[0].nano_usd for event in stack.finished)
    assert (first, cached) == (2 * 2500, 2 * 1250)


@pytest.mark.parametrize("api", [0, 1])
async def test_pictures_in_low_detail(stack: Stack, router: Router, api: int) -> None:
    picture = url(png(1024, 1024))
    body: dict[str, Any] = {"model": "gpt-4o"}
    if api == 0:
        parts = [{"type": "text", "text": "What animal is this?"}, {"type": "image_url", "image_url": {"url": picture}}]
        body["messages"] = [{"role": "user", "content": parts}]
    else:
        parts = [{"type": "input_text", "text": "What animal is this?"}, {"type": "input_image", "image_url": picture}]
        body |= {"input": [{"role": "user", "content": parts}], "store": False}
    path = ("/v1/chat/completions", "/v1/responses")[api]
    for images, seen in (("off", False), ("shadow", False), ("on", True)):
        stack.change(settings=on(routing_mode="manual", images=images))
        await post(stack, path, body)
        assert ('"detail": "low"' in json.dumps(sent(stack))) is seen
    stack.change(settings=on(images="on"))
    router.model = "gpt-4o-mini"
    await post(stack, path, body)
    assert '"low"' not in json.dumps(sent(stack)), "another model counts pictures in other units"
    await until(lambda: len(stack.finished) == 4)
    off, shadow, low, _ = stack.finished
    assert (off.levers, off.shadow_levers) == ((), ())
    assert [(line.lever, line.tokens, line.nano_usd) for line in low.levers] == [("images", 680, 680 * 2500)]
    assert [(line.lever, line.tokens) for line in shadow.shadow_levers] == [("images", 680)]


async def test_a_field_that_a_server_refuses_is_left_out(stack: Stack) -> None:
    path, body = asks("gpt-5.5")[0]
    stack.change(settings=on(effort="on"))
    refusal = Step(
        status=400, message="Unsupported value: 'reasoning_effort' does not support 'low'.", code="unsupported"
    )
    stack.provider.script.add("gpt-5.5", [refusal])
    await post(stack, path, body)
    assert effort_of(sent(stack)) is None
    await post(stack, path, body)
    assert effort_of(sent(stack)) is None
    await until(lambda: len(stack.finished) == 2)
    assert not any(event.fallback_used for event in stack.finished)


async def test_each_lever_has_lots_of_its_own(stack: Stack) -> None:
    settings = on(effort="on", tool_definitions="on", lever_shares={"effort": 0.5, "tools": 0.5, "images": 0.5})
    stack.change(settings=settings)
    path, body = asks("gpt-5.5", tools=tools(0))[0]
    for number in range(24):
        for _ in range(2):
            await post(stack, path, body, **{"x-session-id": f"session {number}"})
    await until(lambda: len(stack.finished) == 48)
    seen = set()
    for event, entry in zip(stack.finished, stack.provider.ledger, strict=True):
        assert event.arm == "treated"
        assert event.lever_arms.keys() == {"effort", "tools"}, "images are off in any case"
        assert (effort_of(entry["body"]) == "low") is event.lever_arms["effort"]
        assert (SHORT in json.dumps(entry["body"])) is event.lever_arms["tools"]
        seen.add((event.conversation, *event.lever_arms.values()))
    assert len(seen) == 24, "a conversation stays what it is"
    assert {tuple(one[1:]) for one in seen} == {(a, b) for a in (True, False) for b in (True, False)}


def test_lots_are_independent() -> None:
    settings = on(effort="on", tool_definitions="on", lever_shares={"effort": 0.5, "tools": 0.2, "routing": 0.5})
    count = 20_000
    drawn = [holdout.lever_arms("org", f"conversation {number}", settings) for number in range(count)]
    for lever, share in settings.lever_shares.items():
        assert abs(sum(not one[lever] for one in drawn) / count - share) < 0.012
    for one, other in (("effort", "tools"), ("effort", "routing"), ("tools", "routing")):
        both = sum(not arms[one] and not arms[other] for arms in drawn) / count
        assert abs(both - settings.lever_shares[one] * settings.lever_shares[other]) < 0.012  # type: ignore[index]
    held = [holdout.arm("org", f"conversation {number}", 0.2) == "control" for number in range(count)]
    both = sum(side and not arms["effort"] for side, arms in zip(held, drawn, strict=True)) / count
    assert abs(both - 0.1) < 0.012
