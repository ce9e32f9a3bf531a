"""OpenAI's `prompt_cache_key`: set where an application's conversations are more than one machine takes, and otherwise never."""

import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from libs.common.contracts.auth import OptimizationSettings
from tests.fake_provider.openai_cache import OpenAICache
from tests.fake_provider.script import Step
from tests.fixtures.gateway import Stack
from tests.fixtures.nats import until
from tests.fixtures.three_providers import MODELS, three_providers

GPT = MODELS["openai"]
SYSTEM = "You keep the harbour's book. " + "Every ship has a berth, a draught and a flag. " * 150
ON = OptimizationSettings(cache_enabled=False, routing_mode="manual")
SESSIONS, TURNS = 3, 10


@pytest.fixture
async def caching(tmp_path: Path) -> AsyncIterator[Stack]:
    async with three_providers(tmp_path) as stack:
        stack.provider.openai_cache = OpenAICache(time.monotonic)
        stack.change(settings=ON)
        yield stack


async def talk(stack: Stack, *, api: str = "chat", headers: bool = True, told: str = SYSTEM, **more: Any) -> None:
    """Conversations that take turns, faster than one machine of the provider's takes them."""
    async with stack.client() as client:
        for turn in range(TURNS):
            for session in range(SESSIONS):
                said: list[Any] = [{"role": "user", "content": f"Which ship lies at berth {session}?"}]
                for earlier in range(turn):
                    said += [
                        {"role": "assistant", "content": f"The Selma {earlier}."},
                        {"role": "user", "content": "And?"},
                    ]
                named = {"x-session-id": f"secret-session-{session}"} if headers else {}
                if api == "chat":
                    system: Any = {"role": "system", "content": told}
                    await client.chat.completions.create(
                        model=GPT, messages=[system, *said], extra_headers=named, **more
                    )
                else:
                    await client.responses.create(
                        model=GPT, instructions=told, input=said, store=False, extra_headers=named, **more
                    )


def keys(stack: Stack) -> list[str | None]:
    return [entry["body"].get("prompt_cache_key") for entry in stack.provider.ledger]


@pytest.mark.parametrize("api", ["chat", "responses"])
async def test_conversations_find_their_machine_and_the_receipts_are_the_provider_s_bills(
    caching: Stack, api: str
) -> None:
    await talk(caching, api=api)
    found = keys(caching)
    assert set(found[:15]) == {None}
    assert None not in found[-SESSIONS * 2 :]
    assert "secret" not in str(found)
    assert all(key is None or len(key) <= 64 for key in found)
    for session in range(SESSIONS):
        assert len(set(found[-SESSIONS * 2 :][session::SESSIONS])) == 1
    await until(lambda: len(caching.finished) == SESSIONS * TURNS)
    # What the provider would have read without a key nobody knows, so nothing is booked as saved.
    for entry, event in zip(caching.provider.ledger, caching.finished, strict=True):
        assert (event.actual_cost_nano, event.baseline_cost_nano) == (entry["nano_usd"], entry["nano_usd"])
        assert event.levers == ()
    assert caching.finished[-1].tokens.cache_read > 1_024


async def test_a_conversation_without_a_session_is_known_by_how_it_began(caching: Stack) -> None:
    await talk(caching, headers=False)
    found = keys(caching)
    assert None not in found[-SESSIONS:]
    assert found[-SESSIONS:] == found[-2 * SESSIONS : -SESSIONS]


async def test_what_is_too_short_to_be_cached_has_no_key(caching: Stack) -> None:
    await talk(caching, told="Be brief.")
    assert set(keys(caching)) == {None}


async def test_a_client_s_own_key_stays(caching: Stack) -> None:
    await talk(caching, prompt_cache_key="mine")
    assert set(keys(caching)) == {"mine"}


@pytest.mark.parametrize(
    "settings",
    [msgspec.structs.replace(ON, prefix_caching=False), msgspec.structs.replace(ON, level="off")],
    ids=["switch", "level"],
)
async def test_it_can_be_switched_off(caching: Stack, settings: OptimizationSettings) -> None:
    caching.change(settings=settings)
    await talk(caching)
    assert set(keys(caching)) == {None}


async def test_a_server_that_refuses_the_key_is_asked_without(caching: Stack) -> None:
    await talk(caching)
    assert keys(caching)[-1] is not None
    refusal = "Unknown parameter: 'prompt_cache_key'."
    caching.provider.script.add(GPT, [Step(status=400, code="unknown_parameter", message=refusal)])
    before = len(caching.provider.ledger)
    await talk(caching)
    found = keys(caching)[before:]
    assert found[0] is not None
    assert set(found[1:]) == {None}
    await until(lambda: len(caching.finished) == 2 * SESSIONS * TURNS)
    assert {event.status for event in caching.finished} == {"success"}
