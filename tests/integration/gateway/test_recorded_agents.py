"""Bodies that agents have sent, through the gateway: byte for byte to the provider of their format, and accepted by the others."""

import hashlib
import json
from typing import Any

import httpx
import pytest

from tests.fake_provider.script import Step
from tests.fixtures.gateway import Stack
from tests.fixtures.three_providers import MODELS, three  # noqa: F401
from tests.integration.gateway.test_messages_raw import raw
from tests.unit.gateway.formats.recorded import parameters

GEMINI, GPT, CLAUDE = MODELS["google"], MODELS["openai"], MODELS["anthropic"]


async def post(stack: Stack, path: str, body: bytes, **headers: str) -> httpx.Response:
    own = {"x-api-key": stack.api_key, "content-type": "application/json"}
    async with httpx.AsyncClient(timeout=20) as client:
        return await client.post(f"{stack.url}{path}", content=body, headers={**own, **headers})


@pytest.mark.parametrize("body", parameters("claude-code", "/v1/messages"))
async def test_claude_code(three: Stack, body: dict[str, Any]) -> None:  # noqa: F811
    three.provider.strict = False
    data = raw(body, model=CLAUDE)
    found = await post(three, "/v1/messages?beta=true", data)
    assert found.status_code == 200
    assert three.provider.ledger[-1]["sha256"] == hashlib.sha256(data).hexdigest()
    for model in (GPT, GEMINI):
        elsewhere = await post(three, "/v1/messages?beta=true", raw({"max_tokens": 900, **body}, model=model))
        assert elsewhere.status_code in (200, 400), elsewhere.text
        if elsewhere.status_code == 400:
            assert "capability_rejected" in elsewhere.text


@pytest.mark.parametrize("body", parameters("gemini-cli", ":"))
async def test_gemini_cli(three: Stack, body: dict[str, Any]) -> None:  # noqa: F811
    three.provider.strict = False
    data = json.dumps(body, ensure_ascii=False).encode()
    for model in (GEMINI, CLAUDE, GPT):
        found = await post(three, f"/v1beta/models/{model}:streamGenerateContent?alt=sse", data)
        assert found.status_code == 200, found.text
        if model == GEMINI:
            assert three.provider.ledger[-1]["sha256"] == hashlib.sha256(data).hexdigest()


async def test_1_8_2_only_the_name_behind_an_alias_differs(three: Stack) -> None:  # noqa: F811
    three.provider.strict = False
    body = {"model": "claude-sonnet", "max_tokens": 9, "messages": [{"role": "user", "content": "claude-sonnet"}]}
    data = raw(body)
    assert (await post(three, "/v1/messages", data)).status_code == 200
    entry = three.provider.ledger[-1]
    served = entry["body"]["model"]
    assert served != "claude-sonnet"
    expected = data.replace(b'"claude-sonnet"', json.dumps(served).encode(), 1)
    assert entry["sha256"] == hashlib.sha256(expected).hexdigest()


async def test_1_8_3_signed_thinking_passes_with_its_own_spelling(three: Stack) -> None:  # noqa: F811
    three.provider.strict = False
    body = (
        b'{"model":"%b","max_tokens":5,"messages":[{"role":"user","content":"a"},{"content":[{"signature":"abc\\u00e9",'
        b'"type":"thinking","thinking":""}],"role":"assistant"},{"role":"user","content":"b"}]}' % CLAUDE.encode()
    )
    assert (await post(three, "/v1/messages", body)).status_code == 200
    assert three.provider.ledger[-1]["sha256"] == hashlib.sha256(body).hexdigest()


async def test_4_7_20_a_malformed_call_of_geminis_is_its_client_s_to_try_again(three: Stack) -> None:  # noqa: F811
    three.provider.script.add(GEMINI, [Step(content="", native_finish="MALFORMED_FUNCTION_CALL")])
    contents = {"contents": [{"role": "user", "parts": [{"text": "When?"}]}]}
    own = await post(three, f"/v1beta/models/{GEMINI}:generateContent", raw(contents))
    assert own.status_code == 200
    assert b"MALFORMED_FUNCTION_CALL" in own.content
    assert len(three.provider.ledger) == 1


async def test_a_provider_s_own_headers_come_back(three: Stack) -> None:  # noqa: F811
    limits = {"anthropic-ratelimit-requests-remaining": "7", "set-cookie": "a=b", "server": "x"}
    three.provider.script.add(CLAUDE, [Step(content="Hi.", headers=limits)])
    body = {"model": CLAUDE, "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}
    found = await post(three, "/v1/messages", raw(body))
    assert found.headers["anthropic-ratelimit-requests-remaining"] == "7"
    assert "set-cookie" not in found.headers
    assert found.headers["request-id"] != found.headers["x-promptly-request-id"]
