"""Legacy completions, the list of models, feedback, and the limits, through OpenAI's own client."""

import asyncio
import json
from typing import Any

import httpx
import msgspec
import openai
import pytest

from libs.common.contracts import analytics, cache
from libs.common.contracts.auth import OptimizationSettings
from libs.common.contracts.events import FEEDBACK_GIVEN, CompletionFinished, FeedbackGiven
from libs.common.errors import NotFound
from tests.fake_provider.script import Step
from tests.fixtures.gateway import Stack, gateway_stack
from tests.fixtures.nats import until

ASK: list[Any] = [{"role": "user", "content": "Hello!"}]


async def test_a_prompt_is_answered_in_the_older_shape(stack: Stack) -> None:
    answer = await stack.client().completions.create(model="gpt-4o", prompt="Say hello.", max_tokens=50)
    assert answer.object == "text_completion"
    assert answer.id.startswith("cmpl-")
    assert answer.choices[0].text
    assert answer.choices[0].finish_reason == "stop"
    metadata = (answer.model_extra or {})["promptly_metadata"]
    assert metadata["baseline_model"] == "gpt-4o"
    await until(lambda: stack.finished)
    (event,) = stack.finished
    assert (event.kind, event.status, event.id) == ("completion", "success", metadata["request_id"])
    assert event.actual_cost_nano == stack.provider.ledger[0]["nano_usd"]


async def test_a_list_of_prompts_is_one_call_each_and_one_row(stack: Stack) -> None:
    answer = await stack.client().completions.create(model="gpt-4o", prompt=["One?", "Two?", "Three?"])
    assert [choice.index for choice in answer.choices] == [0, 1, 2]
    assert len({choice.text for choice in answer.choices}) == 3
    ledger = stack.provider.ledger
    assert len(ledger) == 3
    assert answer.usage is not None
    assert answer.usage.prompt_tokens == sum(entry["prompt_tokens"] for entry in ledger)
    await until(lambda: stack.finished)
    (event,) = stack.finished
    assert event.actual_cost_nano == sum(entry["nano_usd"] for entry in ledger)
    assert event.tokens.input == answer.usage.prompt_tokens


@pytest.mark.parametrize("prompt", ["One?", ["One?", "Two?"]])
async def test_prompts_can_be_streamed(stack: Stack, prompt: Any) -> None:
    stream = await stack.client().completions.create(model="gpt-4o", prompt=prompt, stream=True)
    texts: dict[int, str] = {}
    finishes: dict[int, str] = {}
    metadata = None
    async for chunk in stream:
        assert chunk.object == "text_completion"
        metadata = (chunk.model_extra or {}).get("promptly_metadata", metadata)
        for choice in chunk.choices:
            texts[choice.index] = texts.get(choice.index, "") + choice.text
            if choice.finish_reason:
                finishes[choice.index] = choice.finish_reason
    count = 1 if isinstance(prompt, str) else len(prompt)
    assert sorted(texts) == sorted(finishes) == list(range(count))
    assert all(texts.values())
    assert metadata is not None
    await until(lambda: stack.finished)
    assert len(stack.finished) == 1


async def test_a_prompt_that_fails_fails_the_request_and_what_was_paid_is_recorded(stack: Stack) -> None:
    stack.provider.script.add("gpt-4o", [Step(), Step(status=400, message="No.")])
    with pytest.raises(openai.BadRequestError, match="No"):
        await stack.client().completions.create(model="gpt-4o", prompt=["One?", "Two?"])
    await until(lambda: stack.finished)
    (event,) = stack.finished
    assert event.status == "error"
    assert event.actual_cost_nano == stack.provider.ledger[0]["nano_usd"] > 0


async def test_a_stream_of_prompts_that_breaks_ends_in_an_error(stack: Stack) -> None:
    stack.provider.script.add("gpt-4o", [Step(cut_after=5, chunk_delay=0.01)])
    with pytest.raises((openai.APIError, httpx.HTTPError)):
        async for _ in await stack.client().completions.create(model="gpt-4o", prompt=["One?", "Two?"], stream=True):
            pass
    await until(lambda: stack.finished)
    assert [event.status for event in stack.finished] == ["error"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"prompt": 7}, "prompt"),
        ({"prompt": []}, "prompt"),
        ({"prompt": ["x"] * 21}, "prompt"),
        ({"prompt": "x", "suffix": "y"}, "suffix"),
        ({"prompt": "x", "echo": True}, "echo"),
        ({"prompt": "x", "best_of": 3}, "best_of"),
        ({"prompt": ["x", "y"], "n": 2}, "n"),
    ],
)
async def test_what_a_chat_model_cannot_do_is_said(stack: Stack, body: dict[str, Any], field: str) -> None:
    async with httpx.AsyncClient() as client:
        answer = await client.post(
            f"{stack.url}/v1/completions",
            json={"model": "gpt-4o", **body},
            headers={"authorization": f"Bearer {stack.api_key}"},
        )
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == field


async def test_messages_at_the_older_address_get_the_chat_answer(stack: Stack) -> None:
    async with httpx.AsyncClient() as client:
        answer = await client.post(
            f"{stack.url}/v1/completions",
            json={"model": "gpt-4o", "messages": ASK},
            headers={"x-api-key": stack.api_key},
        )
    assert answer.json()["object"] == "chat.completion"


async def test_the_models_at_hand_are_listed(stack: Stack) -> None:
    own = stack.seal("openai_compatible", "sk-own", models=("meta/llama-9",))
    stack.change(provider_keys=(*stack.principal.provider_keys, stack.seal("anthropic", "sk-ant"), own))
    client = stack.client()
    found = {model.id: model async for model in client.models.list()}
    assert {"gpt-4o", "claude-sonnet", "claude-sonnet-5-5", "meta/llama-9"} <= set(found)
    assert "gemini-2.5-pro" not in found
    assert found["claude-sonnet"].owned_by == "anthropic"
    assert (found["claude-sonnet"].model_extra or {})["alias_of"] == "claude-sonnet-5-5"
    assert (await client.models.retrieve("gpt-4o")).id == "gpt-4o"
    assert (await client.models.retrieve("meta/llama-9")).owned_by == "openai_compatible"
    with pytest.raises(openai.NotFoundError, match="none of your provider keys"):
        await client.models.retrieve("gemini-2.5-pro")
    with pytest.raises(openai.AuthenticationError):
        await stack.client(api_key="sk-promptly-nobody").models.list()


async def _feedback(stack: Stack, **body: Any) -> httpx.Response:
    async with httpx.AsyncClient(timeout=10) as client:
        return await client.post(
            f"{stack.url}/v1/feedback", json=body, headers={"authorization": f"Bearer {stack.api_key}"}
        )


async def test_feedback_is_kept_and_a_wrong_hit_goes_out_of_the_cache(stack: Stack) -> None:
    heard: list[FeedbackGiven] = []
    gone: list[cache.ForgetEntry] = []

    async def request(asked: analytics.RequestById) -> CompletionFinished:
        found = [event for event in stack.finished if (event.org_id, event.id) == (asked.org_id, asked.id)]
        if not found:
            raise NotFound("There is no such request.")
        return found[0]

    async def hit(_: cache.ExactLookup) -> cache.CacheHit:
        answer = {"id": "c", "object": "chat.completion", "choices": [{"index": 0, "message": {"content": "4"}}]}
        return cache.CacheHit(
            kind="exact",
            entry_id="entry-1",
            similarity=1.0,
            answer=msgspec.Raw(json.dumps(answer).encode()),
            served_model="gpt-4o",
            provider="openai",
            prompt_tokens=9,
            completion_tokens=1,
            request_id="req_before",
            stored_at_ms=1,
        )

    async def forget(asked: cache.ForgetEntry) -> cache.Forgotten:
        gone.append(asked)
        return cache.Forgotten(forgotten=True)

    async def hear(batch: list[FeedbackGiven]) -> None:
        heard.extend(batch)

    await stack.bus.serve(analytics.REQUEST, request)
    await stack.bus.serve(cache.LOOKUP_EXACT, hit)
    await stack.bus.serve(cache.FORGET, forget)
    await stack.bus.consume(FEEDBACK_GIVEN, "test_feedback", hear)  # type: ignore[arg-type]
    stack.change(settings=OptimizationSettings(level="off", routing_mode="manual"))
    answer = await stack.client().chat.completions.create(model="gpt-4o", messages=ASK)
    request_id = (answer.model_extra or {})["promptly_metadata"]["request_id"]
    said = await _feedback(stack, request_id=request_id, rating="bad", cache_wrong=True, comment="Not what I asked.")
    assert (said.status_code, said.json()["evicted"]) == (200, True)
    assert gone == [cache.ForgetEntry(org_id=stack.org_id, entry_id="entry-1")]
    await until(lambda: heard)
    assert (heard[0].request_id, heard[0].rating, heard[0].cache_wrong) == (request_id, "bad", True)
    assert (await _feedback(stack, request_id="req_" + "0" * 32, rating="good")).status_code == 404
    wrong = await _feedback(stack, request_id=request_id, rating="fine")
    assert (wrong.status_code, wrong.json()["error"]["param"]) == (400, "rating")


async def test_a_key_s_requests_at_once_are_bounded_and_take_nothing_from_its_minute(tmp_path: Any) -> None:
    async with gateway_stack(tmp_path, max_concurrency=2) as stack:
        stack.change(rpm=3)
        stack.provider.script.add("gpt-4o", [Step(hang=True, repeat=2)])
        client = stack.client()
        hanging = [
            asyncio.create_task(client.chat.completions.create(model="gpt-4o", messages=ASK, stream=stream))  # type: ignore[call-overload]
            for stream in (False, True)
        ]
        await until(lambda: len(stack.provider.ledger) == 2)
        with pytest.raises(openai.RateLimitError) as refused:
            await client.chat.completions.create(model="gpt-4o", messages=ASK)
        assert refused.value.code == "concurrency_limit"
        assert int(refused.value.response.headers["retry-after"]) >= 1
        for task in hanging:
            task.cancel()
        await asyncio.gather(*hanging, return_exceptions=True)
        await until(lambda: len(stack.finished) == 2)
        answer = await client.chat.completions.with_raw_response.create(model="gpt-4o", messages=ASK)
        assert answer.headers["x-ratelimit-remaining-requests"] == "0"
        with pytest.raises(openai.RateLimitError) as refused:
            await client.chat.completions.create(model="gpt-4o", messages=ASK)
        assert 1 <= int(refused.value.response.headers["retry-after"]) <= 60


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/v1/chat/completions", "/v1/optimize", "/api/keys", "/"])
async def test_a_method_that_nobody_takes_is_a_405_everywhere(path: str, stack: Stack) -> None:
    async with httpx.AsyncClient() as client:
        answer = await client.request("TRACE", f"{stack.url}{path}")
    assert answer.status_code in (404, 405)
    assert answer.status_code == 404 or answer.headers["allow"]


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/v1/chat/completions", {"POST"}),
        ("/v1/completions", {"POST"}),
        ("/v1/embeddings", {"POST"}),
        ("/v1/messages", {"POST"}),
        ("/v1/messages/count_tokens", {"POST"}),
        ("/v1/responses", {"POST"}),  # GET is there to refuse a WebSocket
        ("/v1/responses/", {"POST"}),
        ("/v1/responses/resp_1", {"GET", "DELETE"}),
        ("/v1beta/models", {"GET"}),
        ("/v1/models", {"GET"}),
        ("/v1/optimize", {"POST"}),
        ("/healthz", {"GET"}),
    ],
)
async def test_a_wrong_method_is_told_the_right_ones(path: str, allowed: set[str], stack: Stack) -> None:
    async with httpx.AsyncClient() as client:
        answer = await client.request("PATCH", f"{stack.url}{path}")
    assert answer.status_code == 405
    assert {one.strip() for one in answer.headers["allow"].split(",")} - {"OPTIONS", "HEAD"} == allowed
