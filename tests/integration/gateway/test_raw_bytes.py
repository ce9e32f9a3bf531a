"""A thousand bodies to providers that speak the client's format: what they get, and what the client gets, is the same to the byte."""

import asyncio
import hashlib
import json
import random
from typing import Any

import httpx
import pytest

from tests.fixtures.gateway import Stack
from tests.fixtures.nats import until
from tests.fixtures.three_providers import MODELS, three  # noqa: F401 - the fixture

_EACH, _AT_ONCE = 334, 8
_TEXTS = [
    "Low tide?",
    "潮汐",
    "línea\nnueva",
    'a "quoted" \\ word',
    "🌊 \u2028",
    "\u0000?",
    "</s> data: [DONE]\n\n",
    "a" * 3_000,
]
_NUMBERS = ["0", "1.0", "1e0", "-0.0", "12345678901234567890", "0.1000", "1E-7"]


def body(dice: random.Random, api: str) -> tuple[bytes, bool]:
    """A body as some client may write it: its own order, blanks, escapes and numbers, and fields that nobody knows."""
    stream = dice.random() < 0.5
    said = dice.choice(_TEXTS)
    turns = [said, "Yes.", dice.choice(_TEXTS)] if dice.random() < 0.5 else [said]
    fields: list[tuple[str, str]] = [(f"x_{dice.randrange(99)}", _unknown(dice)) for _ in range(dice.randrange(4))]
    own = {"anthropic": _message, "openai": _response, "google": _generate}[api](dice, turns)
    fields += own.items()
    if api != "google":
        fields += [("model", _json(dice, MODELS[api])), ("stream", "true" if stream else "false")]
    dice.shuffle(fields)
    blank, line = dice.choice(["", " ", "  "]), dice.choice(["", "\n", "\r\n  "])
    inside = f",{line}".join(f"{json.dumps(name)}:{blank}{value}" for name, value in fields)
    return f"{{{line}{inside}{line}}}".encode("utf-8", "surrogatepass"), stream


def _message(dice: random.Random, turns: list[str]) -> dict[str, str]:
    messages = [
        {
            "role": "user" if at % 2 == 0 else "assistant",
            "content": text if dice.random() < 0.5 else [{"type": "text", "text": text}],
        }
        for at, text in enumerate(turns)
    ]
    return {"messages": _json(dice, messages), "max_tokens": "300", "metadata": '{"user_id":"u"}'}


def _response(dice: random.Random, turns: list[str]) -> dict[str, str]:
    items = [{"role": "user" if at % 2 == 0 else "assistant", "content": text} for at, text in enumerate(turns)]
    return {"input": _json(dice, turns[0] if len(turns) == 1 else items), "store": "false", "truncation": '"auto"'}


def _generate(dice: random.Random, turns: list[str]) -> dict[str, str]:
    contents = [
        {"role": "user" if at % 2 == 0 else "model", "parts": [{"text": text}]} for at, text in enumerate(turns)
    ]
    return {"contents": _json(dice, contents), "generationConfig": f'{{"topK": {dice.choice(["40", "40.0"])}}}'}


def _unknown(dice: random.Random) -> str:
    values = [*_NUMBERS, "null", "true", "[]", "{}", _json(dice, dice.choice(_TEXTS)), f"[{', '.join(_NUMBERS)}]"]
    return f'{{"a":{dice.choice(values)},"a":{dice.choice(values)}}}' if dice.random() < 0.3 else dice.choice(values)


def _json(dice: random.Random, value: Any) -> str:
    return json.dumps(value, ensure_ascii=dice.random() < 0.5, separators=dice.choice([(",", ":"), (", ", ": ")]))


@pytest.mark.timeout(180)
@pytest.mark.parametrize("api", ["anthropic", "openai", "google"])
async def test_bytes_are_passed_on(three: Stack, api: str) -> None:  # noqa: F811
    three.provider.strict = three.provider.record_bodies = False
    dice = random.Random(api)
    bodies = [body(dice, api) for _ in range(_EACH)]
    gate = asyncio.Semaphore(_AT_ONCE)
    paths = {"anthropic": "/v1/messages", "openai": "/v1/responses"}

    async def ask(client: httpx.AsyncClient, data: bytes, stream: bool) -> tuple[str, str]:
        action = "streamGenerateContent?alt=sse" if stream else "generateContent"
        path = paths.get(api, f"/v1beta/models/{MODELS[api]}:{action}")
        async with gate:
            found = await client.post(f"{three.url}{path}", content=data, headers={"x-api-key": three.api_key})
        assert found.status_code == 200, (data, found.text)
        return hashlib.sha256(data).hexdigest(), hashlib.sha256(found.content).hexdigest()

    async with httpx.AsyncClient(timeout=30) as client:
        came = await asyncio.gather(*(ask(client, *one) for one in bodies))
    await until(lambda: len(three.finished) == _EACH)
    went = sorted((entry["sha256"], entry["answer_sha256"]) for entry in three.provider.ledger)
    assert sorted(came) == went
    assert all(event.raw and event.status == "success" for event in three.finished)
