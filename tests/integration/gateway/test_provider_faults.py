"""Every oddity of a provider's answer, plain and streamed, in all three formats: answered or refused as the table says,
recorded once, billed once, and the provider asked once unless nothing was billed.
"""

import json
from pathlib import Path
from typing import Any

import openai
import pytest

from tests.fake_provider import faults
from tests.fake_provider.faults import FAULTS, Fault
from tests.fake_provider.script import Step
from tests.fixtures.gateway import Stack
from tests.fixtures.nats import until
from tests.fixtures.three_providers import OLDER, Said, ask, three  # noqa: F401 - the fixture

ASK = [{"role": "user", "content": "What matters most here?"}]
CALLS = [
    {"id": f"call_{at}", "type": "function", "function": {"name": name, "arguments": json.dumps({"at": at})}}
    for at, name in enumerate("fg")
]
TOOLS = [
    {"type": "function", "function": {"name": name, "parameters": {"type": "object", "properties": {}}}}
    for name in "fg"
]
DOCUMENT = Path(__file__).parents[3] / "docs" / "provider-faults.md"


def test_the_document_has_this_table() -> None:
    assert faults.table() in DOCUMENT.read_text()


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
async def test_a_fault(three: Stack, fault: Fault) -> None:  # noqa: F811
    three.provider.strict = False
    for provider in fault.only:
        for stream in (False, True):
            outcome = fault.streamed if stream else fault.plain
            if outcome != "skip":
                await _one(three, fault, provider, outcome, stream=stream)


async def _one(stack: Stack, fault: Fault, provider: str, outcome: str, *, stream: bool) -> None:
    where = (fault.name, provider, stream)
    model = OLDER[provider]
    stack.provider.ledger.clear()
    stack.finished.clear()
    stack.provider.script.clear()
    more: dict[str, Any] = {"tools": TOOLS} if fault.calls_a_tool else {}
    step = Step(fault=fault.name, tool_calls=CALLS if fault.calls_a_tool else None, repeat=3)
    stack.provider.script.add(model, [step])
    if outcome == "refused":
        with pytest.raises(openai.InternalServerError) as caught:
            await ask(stack, model, ASK, stream=stream, **more)
        assert caught.value.status_code == 502, where
    else:
        said = await ask(stack, model, ASK, stream=stream, **more)
        _check(said, fault, where)
    await until(lambda: stack.finished)
    assert len(stack.provider.ledger) == fault.calls, where
    (event,) = stack.finished
    if outcome == "refused":
        assert (event.status, event.error_code) == ("error", "upstream_malformed"), where
        return
    assert event.status == "success", where
    assert event.estimated == (outcome == "estimated"), (where, event.tokens)
    if outcome == "answered":
        assert event.actual_cost_nano == stack.provider.ledger[0]["nano_usd"], where
    else:
        assert event.tokens.input > 0, where
    assert event.served_model is not None
    assert len(event.served_model) <= 256
    assert event.served_model.isprintable()


def _check(said: Said, fault: Fault, where: Any) -> None:
    if fault.calls_a_tool:
        assert [name for name, _ in said.called] == ["f", "g"], where
        assert [arguments for _, arguments in said.called] == [{"at": 0}, {"at": 1}], where
        names = [call["id"] for call in said.calls]
        assert all(isinstance(name, str) and name for name in names), where
        assert len(set(names)) == 2, where
        assert said.finish == "tool_calls", where
    else:
        assert said.text.endswith("."), where
        assert said.finish == "stop", where
    assert isinstance(said.id, str), where
    assert len(said.id) <= 300
    assert isinstance(said.model, str), where
    if said.usage is not None:
        assert isinstance(said.usage.prompt_tokens, int), where
        assert 0 <= said.usage.prompt_tokens <= 10**9, where


@pytest.mark.parametrize("stream", [False, True])
async def test_what_was_billed_and_refused_is_paid_for_once(three: Stack, stream: bool) -> None:  # noqa: F811
    """An answer without choices: it cannot be used, and it costs what the provider says it costs."""
    three.provider.strict = False
    three.provider.script.add("gpt-4o", [Step(fault="nothing-in-it", repeat=3)])
    with pytest.raises(openai.InternalServerError) as caught:
        await ask(three, "gpt-4o", ASK, stream=stream)
    assert caught.value.response.headers["x-should-retry"] == "false"
    await until(lambda: three.finished)
    (event,) = three.finished
    assert len(three.provider.ledger) == 1
    assert (event.status, event.actual_cost_nano) == ("error", three.provider.ledger[0]["nano_usd"])


async def test_a_malformed_answer_rests_no_key(three: Stack) -> None:  # noqa: F811
    three.provider.script.add("gpt-4o", [Step(malformed=True, repeat=20)])
    for _ in range(10):
        with pytest.raises(openai.InternalServerError):
            await ask(three, "gpt-4o", ASK)
    said = await ask(three, "gpt-4o", ASK)
    assert said.text
