"""Pruning keeps a call and its results together. The number is that of the list of test vectors."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.common import catalog
from libs.common.contracts.auth import OptimizationSettings
from libs.common.contracts.optimizer import OPTIMIZE, OptimizeReply, OptimizeRequest
from services.gateway.translate.dialect import Asked
from tests.fake_provider import strict
from tests.fixtures.dialects import DIALECTS
from tests.fixtures.gateway import Stack
from tests.fixtures.similarity import optimizer
from tests.fixtures.three_providers import MODELS, PROVIDERS, ask, calls_sent, results_sent

WEATHER = {"type": "object", "properties": {"city": {"type": "string"}}}
TOOLS = [{"type": "function", "function": {"name": "weather", "parameters": WEATHER}}]
HEADERS = {"anthropic-version": "2023-06-01"}
LEVELS = ("conservative", "moderate", "aggressive")


def turn(kind: str, at: int, results: int) -> list[dict[str, Any]]:
    """One turn of a conversation: words, or calls with their results."""
    if kind != "calls":
        return [{"role": kind, "content": f"Turn {at}: please note that the value {at * 37} is very important. " * 3}]
    made = [
        {"id": f"c{at}_{n}", "type": "function", "function": {"name": "weather", "arguments": f'{{"city": "{at}"}}'}}
        for n in range(results)
    ]
    said = [f'{{"city": {at}, "days": [{", ".join(str(at + day) for day in range(20))}]}}', "It rains. " * 30]
    answers = [{"role": "tool", "tool_call_id": c["id"], "content": said[n % 2]} for n, c in enumerate(made)]
    return [{"role": "assistant", "content": None, "tool_calls": made}, *answers]


turns = st.lists(
    st.tuples(st.sampled_from(["user", "assistant", "calls", "calls", "system"]), st.integers(1, 4)),
    min_size=12,
    max_size=40,
)
HISTORY = turns.map(lambda found: [m for at, (kind, results) in enumerate(found) for m in turn(kind, at, results)])


def open_ends(messages: list[dict[str, Any]]) -> list[str]:
    """Calls without a result right after them, and results without a call right before them."""
    waiting: list[str] = []
    wrong: list[str] = []
    for message in messages:
        if message["role"] == "tool":
            if message["tool_call_id"] in waiting:
                waiting.remove(message["tool_call_id"])
            else:
                wrong.append(message["tool_call_id"])
            continue
        wrong += waiting
        waiting = [call["id"] for call in message.get("tool_calls") or ()]
    return wrong + waiting


@settings(deadline=None)
@given(
    messages=HISTORY,
    level=st.sampled_from(LEVELS),
    last=st.sampled_from(["user", "calls"]),
    keep_cut=st.none() | st.integers(0, 60),
)
def test_vector_17_pruning_leaves_no_call_without_its_result(
    messages: list[dict[str, Any]], level: Any, last: str, keep_cut: int | None
) -> None:
    messages = [*messages, *turn(last, 99, 2)]
    wanted = OptimizationSettings(level=level)
    raw = msgspec.Raw(json.dumps(messages).encode())
    reply = optimizer(0).answer(OptimizeRequest(model="gpt-4o", messages=raw, settings=wanted, keep_cut=keep_cut))
    shorter = msgspec.json.decode(reply.messages) if reply.changed else messages
    assert open_ends(shorter) == []
    kept = [call["id"] for message in shorter for call in message.get("tool_calls") or ()]
    assert kept == [i for m in messages for c in m.get("tool_calls") or () if (i := c["id"]) in kept], "none is made up"
    for provider in PROVIDERS:
        model = MODELS[provider]
        asked = {"model": model, "messages": shorter, "tools": TOOLS}
        fields = {name: msgspec.Raw(msgspec.json.encode(value)) for name, value in asked.items()}
        request = Asked(
            raw=fields, messages=fields["messages"], model=model, known=catalog.load().find(model), stream=False
        )
        body = json.loads(DIALECTS[provider].request(request).body)
        assert strict.refusal(provider, strict.Sent(model, body, HEADERS, False)) is None
        assert len(calls_sent(provider, body)) == len(results_sent(provider, body)) == len(kept)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("provider", PROVIDERS)
async def test_vector_17_a_long_history_is_cut_and_taken(three: Stack, provider: str, level: Any) -> None:
    async def optimize(request: OptimizeRequest) -> OptimizeReply:
        return optimizer(100).answer(request)

    await three.bus.serve(OPTIMIZE, optimize)
    three.change(settings=OptimizationSettings(level=level, cache_enabled=False, routing_mode="manual"))
    kinds = ["user", "calls", "assistant", "user", "calls", "calls"] * 6
    history = [message for at, kind in enumerate(kinds) for message in turn(kind, at, 1 + at % 3)]
    for ending in (turn("user", 98, 0), turn("calls", 99, 2)):
        for stream in (False, True):
            said = await ask(three, MODELS[provider], [*history, *ending], tools=TOOLS, stream=stream)
            assert said.text
            assert said.metadata["fallback_used"] is False
            assert "pruning" in said.metadata["optimizations"]
            body = three.provider.ledger[-1]["body"]
            ids = [number for number, *_ in calls_sent(provider, body)]
            assert [number for number, _ in results_sent(provider, body)] == ids
            assert 0 < len(ids) < sum(len(message.get("tool_calls") or ()) for message in [*history, *ending])
