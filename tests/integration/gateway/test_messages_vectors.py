"""Vectors of the Messages API where others than Anthropic answer, or answered before."""

import json
from typing import Any

import httpx
import pytest

from tests.fake_provider.script import Step
from tests.fixtures.gateway import Stack
from tests.fixtures.three_providers import MODELS, three  # noqa: F401
from tests.integration.gateway.test_messages_raw import raw, row

GEMINI, GPT, CLAUDE = MODELS["google"], MODELS["openai"], MODELS["anthropic"]
TOOL: Any = {
    "name": "tide",
    "input_schema": {"type": "object", "properties": {"port": {"type": "string"}}, "required": ["port"]},
}
CALL = {"id": "call_1", "type": "function", "function": {"name": "tide", "arguments": '{"port": "Tórshavn"}'}}
HI: Any = {"role": "user", "content": "When is low tide?"}
THINKING = {"type": "adaptive", "display": "summarized"}


async def ask(stack: Stack, model: str, messages: list[Any], **fields: Any) -> httpx.Response:
    body = raw({"model": model, "max_tokens": 300, "messages": messages, **fields})
    own = {"x-api-key": stack.api_key, "anthropic-version": "2023-06-01", "content-type": "application/json"}
    async with httpx.AsyncClient(timeout=20) as client:
        return await client.post(f"{stack.url}/v1/messages", content=body, headers=own)


def sent(stack: Stack) -> Any:
    return stack.provider.ledger[-1]["body"]


async def reasoned(stack: Stack, model: str) -> list[Any]:
    """A conversation in which the model thought, and called a tool whose result is next."""
    stack.provider.script.add(model, [Step(content="I look.", thinking="The port has a table.", tool_calls=[CALL])])
    first = (await ask(stack, model, [HI], tools=[TOOL], thinking=THINKING)).json()
    (call,) = [block for block in first["content"] if block["type"] == "tool_use"]
    result = {"type": "tool_result", "tool_use_id": call["id"], "content": "noon"}
    return [HI, {"role": "assistant", "content": first["content"]}, {"role": "user", "content": [result]}]


async def test_1_8_5_sealed_reasoning_goes_back_to_the_model_that_made_it(three: Stack) -> None:  # noqa: F811
    messages = await reasoned(three, GPT)
    (thinking,) = [block for block in messages[1]["content"] if block["type"] == "thinking"]
    assert thinking["signature"].startswith("pr1.")
    assert (await ask(three, GPT, messages, tools=[TOOL], thinking=THINKING)).status_code == 200
    items = [item.get("type", "message") for item in sent(three)["input"]]
    assert items.index("reasoning") < items.index("function_call")
    assert "pr1." not in json.dumps(sent(three))


async def test_1_8_5_another_key_does_not_get_it(three: Stack) -> None:  # noqa: F811
    messages = await reasoned(three, GPT)
    others = [key for key in three.principal.provider_keys if key.provider != "openai"]
    three.change(provider_keys=(three.seal("openai", "sk-another"), *others))
    assert (await ask(three, GPT, messages, tools=[TOOL], thinking=THINKING)).status_code == 200
    assert "reasoning" not in [item.get("type") for item in sent(three)["input"]]


async def test_1_8_4_sealed_reasoning_never_reaches_anthropic(three: Stack) -> None:  # noqa: F811
    messages = await reasoned(three, GPT)
    found = await ask(three, CLAUDE, messages, tools=[TOOL])
    assert found.status_code == 200, found.text
    assert "pr1." not in json.dumps(sent(three))
    assert sent(three)["messages"][2] == messages[2]
    kept = [block for block in messages[1]["content"] if block["type"] != "thinking"]
    assert sent(three)["messages"][1]["content"] == kept


async def test_1_8_20_a_signature_of_geminis_comes_back_by_the_call_s_id(three: Stack) -> None:  # noqa: F811
    messages = await reasoned(three, GEMINI)
    messages[1] = {
        "role": "assistant",
        "content": [block for block in messages[1]["content"] if block["type"] != "thinking"],
    }
    three.provider.script.add(GEMINI, [Step(content="At noon.")])
    found = await ask(three, GEMINI, messages, tools=[TOOL], thinking=THINKING)
    assert found.status_code == 200, found.text
    parts = [part for content in sent(three)["contents"] for part in content["parts"]]
    (call,) = [part for part in parts if "functionCall" in part]
    assert call["thoughtSignature"]
    assert call["thoughtSignature"] != "skip_thought_signature_validator"


async def test_1_8_6_a_failed_result_with_a_picture(three: Stack) -> None:  # noqa: F811
    messages = await reasoned(three, GEMINI)
    source = {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}
    content = [{"type": "text", "text": "no table"}, {"type": "image", "source": source}]
    messages[2]["content"][0] |= {"content": content, "is_error": True}
    assert (await ask(three, GEMINI, messages, tools=[TOOL])).status_code == 200
    (answer,) = [
        part["functionResponse"]
        for one in sent(three)["contents"]
        for part in one["parts"]
        if "functionResponse" in part
    ]
    assert "no table" in answer["response"]["error"]
    assert "iVBORw0KGgo=" in json.dumps(sent(three))


async def test_1_8_7_results_come_before_what_else_is_said(three: Stack) -> None:  # noqa: F811
    calls = [{"type": "tool_use", "id": f"c{at}", "name": "tide", "input": {"port": "T"}} for at in (1, 2)]
    results = [{"type": "tool_result", "tool_use_id": f"c{at}", "content": "noon"} for at in (2, 1)]
    later = {"role": "user", "content": [{"type": "text", "text": "Quick."}, *results]}
    assert (
        await ask(three, GPT, [HI, {"role": "assistant", "content": calls}, later], tools=[TOOL])
    ).status_code == 200
    order = [(item.get("type", "message"), item.get("call_id")) for item in sent(three)["input"][-5:]]
    assert order == [
        ("function_call", "c1"),
        ("function_call", "c2"),
        ("function_call_output", "c2"),
        ("function_call_output", "c1"),
        ("message", None),
    ]


@pytest.mark.parametrize("model", [GPT, GEMINI, CLAUDE])
async def test_1_8_9_instructions_in_the_middle(three: Stack, model: str) -> None:  # noqa: F811
    three.provider.strict = model != CLAUDE
    messages = [HI, {"role": "assistant", "content": "Soon."}, HI, {"role": "system", "content": "Be brief."}]
    assert (await ask(three, model, messages)).status_code == 200
    if model == CLAUDE:
        assert sent(three)["messages"] == messages
    else:
        assert "Be brief." in json.dumps(sent(three))
        assert ("<system-note>" in json.dumps(sent(three))) == (model == GEMINI)


async def test_1_8_10_the_attribution_block_stays_with_anthropic(three: Stack) -> None:  # noqa: F811
    system = [{"type": "text", "text": "x-anthropic-billing-header: cch=1"}, {"type": "text", "text": "You help."}]
    user = {"user_id": json.dumps({"session_id": "s-1"})}
    assert (await ask(three, GPT, [HI], system=system, metadata=user)).status_code == 200
    assert "billing-header" not in json.dumps(sent(three))
    assert sent(three)["prompt_cache_key"]
    event = await row(three)
    assert event.session
    assert "s-1" not in event.session


@pytest.mark.parametrize("stream", [False, True])
async def test_1_8_12_a_stop_sequence_that_openai_does_not_take(three: Stack, stream: bool) -> None:  # noqa: F811
    three.provider.script.add(GPT, [Step(content="ok\nHuman: x and more")])
    found = await ask(three, GPT, [HI], stop_sequences=["\nHuman:"], stream=stream)
    assert "stop" not in sent(three)
    assert b"Human" not in found.content.replace(b'"stop_sequence":"\\nHuman:"', b"")
    assert b'"stop_sequence":"\\nHuman:"' in found.content
    event = await row(three)
    assert event.status == "success"
    assert event.tokens.output


async def test_1_8_15_the_limit_is_the_model_s(three: Stack) -> None:  # noqa: F811
    found = await ask(three, "gpt-4o", [HI], max_tokens=128_000)
    assert found.status_code == 200
    assert sent(three)["max_output_tokens"] == 16_384
    assert "max_tokens" in found.headers["x-promptly-dropped"]
    event = await row(three)
    assert "max_tokens" in event.dropped


async def test_1_8_18_a_thread_is_refused_elsewhere(three: Stack) -> None:  # noqa: F811
    found = await ask(three, GEMINI, [HI], thread={"type": "continue", "id": "t"})
    assert (found.status_code, found.json()["error"]["type"]) == (400, "invalid_request_error")
    assert "capability_rejected: thread" in found.json()["error"]["message"]
    assert three.provider.ledger == []


async def test_1_8_19_long_names_of_tools_come_back(three: Stack) -> None:  # noqa: F811
    names = ["t" * 70 + end for end in ("a" * 10, "b" * 10)]
    tools = [{**TOOL, "name": name} for name in names]
    assert (await ask(three, GPT, [HI], tools=tools)).status_code == 200
    shortened = [tool["name"] for tool in sent(three)["tools"]]
    assert len(set(shortened)) == 2
    assert max(map(len, shortened)) <= 64
    call = {**CALL, "function": {**CALL["function"], "name": shortened[1]}}  # type: ignore[dict-item]
    three.provider.script.add(GPT, [Step(tool_calls=[call])])
    found = (await ask(three, GPT, [HI], tools=tools)).json()
    assert [block["name"] for block in found["content"] if block["type"] == "tool_use"] == [names[1]]


async def test_more_tools_than_openai_takes_are_refused(three: Stack) -> None:  # noqa: F811
    tools = [{**TOOL, "name": f"tool_{at}"} for at in range(129)]
    found = await ask(three, GPT, [HI], tools=tools)
    assert found.status_code == 400
    assert "capability_rejected" in found.json()["error"]["message"]


async def test_refused_reasoning_is_left_out_once(three: Stack) -> None:  # noqa: F811
    messages = await reasoned(three, GPT)
    refusal = Step(status=400, code="invalid_encrypted_content", message="The encrypted content could not be verified.")
    three.provider.script.add(GPT, [refusal, Step(content="At noon.")])
    before = len(three.provider.ledger)
    found = await ask(three, GPT, messages, tools=[TOOL], thinking=THINKING)
    assert found.status_code == 200
    assert len(three.provider.ledger) == before + 2
    assert "reasoning" not in [item.get("type") for item in sent(three)["input"]]
    assert "reasoning" in found.headers["x-promptly-dropped"]


@pytest.mark.parametrize("model", [GPT, GEMINI])
async def test_filling_a_cache_that_others_do_not_have_costs_nothing(three: Stack, model: str) -> None:  # noqa: F811
    found = await ask(three, model, [HI], max_tokens=0)
    assert found.status_code == 200
    assert (found.json()["content"], found.json()["stop_reason"]) == ([], "max_tokens")
    assert three.provider.ledger == []
    event = await row(three)
    assert (event.status, event.actual_cost_nano) == ("success", 0)
