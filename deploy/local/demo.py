"""`promptly demo`: real traffic through the real OpenAI SDK, and what was saved, checked against the provider's books."""

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx
from openai import AsyncOpenAI

from deploy.local.console import Console
from deploy.local.demo_account import register
from deploy.local.demo_report import Sent, report
from deploy.local.demo_traffic import Ask, traffic
from deploy.local.quickstart import DemoFailed
from libs.common.ids import uuid7

_RECORDED_SECONDS = 30.0


async def run(url: str, upstream_url: str, console: Console) -> bool:
    """The whole demo; whether every figure agreed."""
    async with (
        httpx.AsyncClient(base_url=url, timeout=30, trust_env=False) as api,
        httpx.AsyncClient(base_url=upstream_url, timeout=30, trust_env=False) as upstream,
    ):
        account = await register(api, upstream_url, f"demo-{uuid7().hex[:12]}@example.com", uuid7().hex)
        console.good("registered an organization and connected the upstream")
        await upstream.delete("/_control/ledger")
        client = AsyncOpenAI(api_key=account["api_key"], base_url=f"{url}/v1", max_retries=0)
        sent = [await _send(client, ask) for ask in traffic()]
        console.good(f"sent {len(sent)} requests through the OpenAI SDK")
        headers = {"authorization": f"Bearer {account['token']}"}
        overview, levers = await _recorded(api, headers, len(sent))
        ledger = (await upstream.get("/_control/ledger")).json()
        return report(sent, ledger, overview, levers, console)


async def _send(client: AsyncOpenAI, ask: Ask) -> Sent:
    body = {"model": ask.model, "messages": ask.messages, **ask.extra}
    if not ask.stream:
        answer = await client.chat.completions.create(**body, extra_headers=dict(ask.headers))
        usage, metadata = answer.usage, (answer.model_extra or {})["promptly_metadata"]
        assert usage is not None
        return Sent(ask.kind, body, metadata, usage.completion_tokens)
    metadata, completion_tokens, text = None, None, ""
    async for chunk in await client.chat.completions.create(**body, stream=True, extra_headers=dict(ask.headers)):
        metadata = (chunk.model_extra or {}).get("promptly_metadata", metadata)
        text += "".join(choice.delta.content or "" for choice in chunk.choices)
        if chunk.usage is not None:
            completion_tokens = chunk.usage.completion_tokens
    if metadata is None:
        raise DemoFailed("A stream ended without Promptly's metadata.")
    return Sent(ask.kind, body, metadata, completion_tokens, text)


async def _recorded(
    api: httpx.AsyncClient, headers: Mapping[str, str], count: int
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Overview and levers, once the last request has been counted."""
    async with asyncio.timeout(_RECORDED_SECONDS):
        while True:
            overview = await api.get("/api/analytics/overview", headers=dict(headers))
            overview.raise_for_status()
            found: dict[str, Any] = overview.json()
            if found["requests"]["total"] >= count:
                return found, (await api.get("/api/analytics/levers", headers=dict(headers))).json()
            await asyncio.sleep(0.1)
