"""Agents and the optimizer, with their own SDKs: what is shortened where it goes out as it came, where it is translated, and when not."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from anthropic import AsyncAnthropic

from libs.common.contracts.auth import OptimizationSettings
from libs.common.contracts.events import CompletionFinished
from libs.common.contracts.optimizer import OPTIMIZE, OptimizeReply, OptimizeRequest
from services.gateway.domain import holdout
from services.gateway.domain.request import Envelope
from services.optimizer.handlers.optimize import Optimize
from services.optimizer.handlers.working import Working
from services.optimizer.pipeline import Optimizer
from tests.damage.formats import APIS, Api
from tests.fake_provider.script import Step
from tests.fixtures.gateway import Stack
from tests.fixtures.nats import until
from tests.fixtures.similarity import LIKENESS
from tests.fixtures.three_providers import MODELS, texts_sent, three_providers

OWN = {"messages": MODELS["anthropic"], "responses": MODELS["openai"], "generate": MODELS["google"]}
ELSEWHERE = {"messages": MODELS["openai"], "responses": MODELS["google"], "generate": MODELS["anthropic"]}
ON = OptimizationSettings(level="conservative", cache_enabled=False, routing_mode="manual", prefix_caching=False)
TASK = "How deep is the harbour of Vik, quay by quay?"
LONG = "Answer in two sentences.   \n\n\n\n\n\nUse the data."
SHORT = "Answer in two sentences.\n\nUse the data."
ROWS = json.dumps([{"quay": f"quay {at}", "depth": at / 4, "open": True} for at in range(40)], indent=2)
SCHEMA: Any = {"type": "object", "properties": {"harbour": {"type": "string"}}}
CALLED: Any = {"harbour": "Vik"}


class NoWorkers:
    """No process: every text is short enough to be worked on at once."""

    async def ask(self, owner: str, work: bytes, wait_seconds: float) -> bytes:
        raise NotImplementedError


@pytest.fixture
async def agents(tmp_path: Path) -> AsyncIterator[Stack]:
    async with three_providers(tmp_path) as stack:
        await stack.bus.serve(OPTIMIZE, Optimize(Optimizer(LIKENESS, 1 << 20), Working(NoWorkers(), 1 << 20, 1 << 20)))
        stack.change(settings=ON)
        yield stack


async def ask(stack: Stack, api: Api, model: str, **headers: str) -> None:
    """A request in the middle of a loop of calls, by the API's own client."""
    match api:
        case "messages":
            async with AsyncAnthropic(api_key=stack.api_key, base_url=stack.url, max_retries=0) as client:
                use: Any = {"type": "tool_use", "id": "toolu_1", "name": "depths", "input": CALLED}
                result: Any = {"type": "tool_result", "tool_use_id": "toolu_1", "content": ROWS}
                await client.messages.create(
                    model=model,
                    max_tokens=300,
                    system=LONG,
                    messages=[
                        {"role": "user", "content": TASK},
                        {"role": "assistant", "content": [use]},
                        {"role": "user", "content": [result]},
                    ],
                    tools=[{"name": "depths", "input_schema": SCHEMA}],
                    extra_headers=headers,
                )
        case "responses":
            async with stack.client() as openai:
                call = {"type": "function_call", "call_id": "call_1", "name": "depths", "arguments": json.dumps(CALLED)}
                items: Any = [
                    {"role": "user", "content": TASK},
                    call,
                    {"type": "function_call_output", "call_id": "call_1", "output": ROWS},
                ]
                tools: Any = [{"type": "function", "name": "depths", "parameters": SCHEMA}]
                await openai.responses.create(
                    model=model, instructions=LONG, input=items, tools=tools, store=False, extra_headers=headers
                )
        case "generate":
            contents: Any = [
                {"role": "user", "parts": [{"text": TASK}]},
                {"role": "model", "parts": [{"function_call": {"name": "depths", "args": CALLED}}]},
                {
                    "role": "user",
                    "parts": [{"function_response": {"name": "depths", "response": {"output": ROWS}}}],
                },
            ]
            config: Any = {
                "system_instruction": LONG,
                "tools": [{"function_declarations": [{"name": "depths", "parameters_json_schema": SCHEMA}]}],
            }
            google = stack.google(headers=headers)
            await google.models.generate_content(model=model, contents=contents, config=config)


async def event_of(stack: Stack) -> CompletionFinished:
    await until(lambda: stack.finished)
    [found] = stack.finished
    return found


def sent(stack: Stack) -> list[str]:
    return texts_sent(stack.provider.ledger[-1]["body"])


@pytest.mark.parametrize("models", [OWN, ELSEWHERE], ids=["as it came", "translated"])
@pytest.mark.parametrize("api", APIS)
async def test_instructions_and_results_are_shortened(agents: Stack, api: Api, models: dict[str, str]) -> None:
    agents.provider.strict = models is OWN and api != "generate"  # its calls have no signature
    await ask(agents, api, models[api])
    texts = sent(agents)
    assert SHORT in texts
    assert TASK in texts
    assert LONG not in texts
    assert ROWS not in texts
    [result] = [text for text in texts if "quay 39" in text]
    assert len(result) < len(ROWS) / 2
    event = await event_of(agents)
    [saved] = event.levers
    assert (saved.lever, event.degraded, event.raw) == ("whitespace", (), False)
    assert saved.tokens > 500
    assert event.baseline_cost_nano is not None
    assert event.actual_cost_nano is not None
    assert saved.nano_usd == event.baseline_cost_nano - event.actual_cost_nano


@pytest.mark.parametrize("api", APIS)
async def test_as_it_came_means_every_other_byte(agents: Stack, api: Api) -> None:
    agents.provider.strict = False
    await ask(agents, api, OWN[api], **{"x-promptly-level": "off"})
    await ask(agents, api, OWN[api])
    plain, shorter = (json.dumps(entry["body"]) for entry in agents.provider.ledger)
    [result] = [text for text in sent(agents) if "quay 39" in text]
    assert shorter == plain.replace(json.dumps(LONG), json.dumps(SHORT)).replace(json.dumps(ROWS), json.dumps(result))


@pytest.mark.parametrize("api", APIS)
async def test_a_conversation_that_is_held_out_is_not_shortened(agents: Stack, api: Api) -> None:
    agents.change(settings=OptimizationSettings(level="conservative", routing_mode="manual", holdout_share=0.2))
    agents.provider.strict = False
    for wanted in ("control", "treated"):
        await ask(agents, api, OWN[api], **{"x-session-id": _session(agents, wanted)})
        assert (ROWS in sent(agents)) == (wanted == "control")


def _session(stack: Stack, wanted: str) -> str:
    for number in range(1000):
        envelope = Envelope(raw=b"", top={}, model="m", session=f"session {number}")
        digest = holdout.conversation(stack.org_id, envelope, None)
        if digest is not None and holdout.arm(stack.org_id, digest, 0.2) == wanted:
            return f"session {number}"
    raise AssertionError


@pytest.mark.parametrize("api", APIS)
async def test_an_optimizer_that_hangs_is_left_out(agents: Stack, api: Api) -> None:
    async def hang(_: OptimizeRequest) -> OptimizeReply:
        await asyncio.Event().wait()
        raise AssertionError

    await agents.bus.serve(OPTIMIZE, hang)
    agents.provider.strict = False
    await ask(agents, api, OWN[api])
    assert ROWS in sent(agents)
    event = await event_of(agents)
    assert (event.degraded, event.levers, event.raw) == (("optimizer",), (), True)


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize(
    ("messages", "positions"),
    [
        (b'[{"role":"user","content":"Other."}]', (0,)),
        (b'[{"role":"user","content":"Other."}]', ()),
        (b'[{"role":"assistant","content":"Sure."},{"role":"user","content":"Other."}]', (2, 3)),
    ],
)
async def test_a_reply_that_has_no_form_is_left_out(
    agents: Stack, api: Api, messages: bytes, positions: tuple[int, ...]
) -> None:
    async def odd(_: OptimizeRequest) -> OptimizeReply:
        return OptimizeReply(
            messages=msgspec.Raw(messages), original_tokens=900, optimized_tokens=9, positions=positions
        )

    await agents.bus.serve(OPTIMIZE, odd)
    agents.provider.strict = False
    await ask(agents, api, OWN[api])
    assert {TASK, ROWS, LONG} <= set(sent(agents))
    assert (await event_of(agents)).degraded == ("optimizer",)


@pytest.mark.parametrize("api", APIS)
async def test_what_a_provider_refuses_goes_out_once_more_as_it_came(agents: Stack, api: Api) -> None:
    agents.provider.strict = False
    agents.provider.script.add(OWN[api], [Step(status=400, message="No."), Step(content="Nine.")])
    await ask(agents, api, OWN[api])
    assert [ROWS in texts_sent(entry["body"]) for entry in agents.provider.ledger] == [False, True]
    event = await event_of(agents)
    assert (event.fallback_used, event.levers) == (True, ())


@pytest.mark.parametrize("api", APIS)
async def test_a_conversation_that_is_too_long_says_so(
    agents: Stack, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    for bound in ("MAX_MESSAGE_BYTES", "MAX_OPTIMIZED_BYTES"):
        monkeypatch.setattr(f"services.gateway.domain.subrequests.{bound}", 1_000)
    agents.provider.strict = False
    await ask(agents, api, OWN[api])
    assert ROWS in sent(agents)
    assert (await event_of(agents)).degraded == ("optimizer",)
    body = agents.provider.ledger[-1]["body"]
    async with httpx.AsyncClient(base_url=agents.url, timeout=30) as http:
        for model in (OWN[api], ELSEWHERE[api]):
            for stream in (False, True):
                answer = await http.post(**_posted(api, model, body, stream), headers={"x-api-key": agents.api_key})
                assert (answer.status_code, answer.headers["x-promptly-degraded"]) == (200, "optimizer"), answer.text
                if model == ELSEWHERE[api] and not stream:
                    assert answer.json()["promptly_metadata"]["degraded"] == ["optimizer"]


def _posted(api: Api, model: str, body: dict[str, Any], stream: bool) -> dict[str, Any]:
    if api == "generate":
        verb = "streamGenerateContent?alt=sse" if stream else "generateContent"
        return {"url": f"/v1beta/models/{model}:{verb}", "json": body}
    return {"url": f"/v1/{api}", "json": {**body, "model": model, "stream": stream}}


async def test_what_is_stored_is_what_came(agents: Stack) -> None:
    """And a turn that goes on with it sends it as it is stored."""
    agents.provider.strict = False
    said: Any = [{"role": "user", "content": f"{TASK}\n\n\n\n\n\n\nAnswer in feet."}]
    async with agents.client() as openai:
        first = await openai.responses.create(model=ELSEWHERE["responses"], instructions=LONG, input=said)
        assert said[0]["content"] not in sent(agents)
        assert SHORT in sent(agents)
        kept = await openai.responses.input_items.list(first.id)
        assert kept.data[0].content == said[0]["content"]  # type: ignore[union-attr]
        await openai.responses.create(
            model=ELSEWHERE["responses"], instructions=LONG, input="And in metres?", previous_response_id=first.id
        )
        assert {said[0]["content"], LONG} <= set(sent(agents))
