"""The routes that do not go through the framework answer as those that do: errors, methods, sizes, faults."""

from pathlib import Path

import httpx
import pytest

from tests.fixtures.gateway import Stack, gateway_stack

DIRECT = ("/v1/chat/completions", "/v1/messages", "/v1/responses", "/v1/embeddings")


@pytest.mark.parametrize("path", DIRECT)
async def test_other_methods_are_the_framework_s(stack: Stack, path: str) -> None:
    async with httpx.AsyncClient(base_url=stack.url) as client:
        assert (await client.put(path, json={})).status_code == 405
        assert (await client.options(path)).status_code == 204
        assert (await client.post(f"{path}x", json={})).status_code == 404
        assert (
            await client.post(f"{path}/", json={})
        ).status_code == 401  # the framework knows it under this name as well


@pytest.mark.parametrize("path", DIRECT)
async def test_a_refusal_has_the_route_s_own_form(stack: Stack, path: str) -> None:
    async with httpx.AsyncClient(base_url=stack.url) as client:
        refused = await client.post(path, json={}, headers={"authorization": "Bearer none"})
    assert refused.status_code == 401
    assert refused.headers["x-promptly-request-id"].startswith("req_")
    said = refused.json()
    assert said["error"]["message"]
    assert ("type" in said) == (path == "/v1/messages")  # only Anthropic's errors have a type outside


@pytest.mark.parametrize("path", DIRECT)
async def test_a_body_over_the_limit_is_refused_unread(tmp_path: Path, path: str) -> None:
    async with (
        gateway_stack(tmp_path, max_body_bytes=1_000, max_conversation_bytes=1_000) as small,
        httpx.AsyncClient(base_url=small.url, headers={"authorization": f"Bearer {small.api_key}"}) as client,
    ):
        refused = await client.post(path, content=b'{"model": "' + b"x" * 2_000 + b'"}')
        assert refused.status_code == 413
        assert "larger than this gateway takes" in refused.text


@pytest.mark.parametrize("path", DIRECT)
async def test_a_fault_of_ours_is_a_sentence(stack: Stack, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("the launch code")

    monkeypatch.setattr("services.gateway.http.request.body_of", fails)
    async with httpx.AsyncClient(base_url=stack.url, headers={"authorization": f"Bearer {stack.api_key}"}) as client:
        failed = await client.post(path, json={})
    assert failed.status_code == 500
    assert "Something went wrong on our side; request req_" in failed.text
    assert "launch" not in failed.text
