"""A provider on a port of its own, and the three SDKs pointed at it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from anthropic import AsyncAnthropic
from google import genai
from openai import AsyncOpenAI

from libs.common.web import serve_http
from tests.fake_provider.app import FakeProvider
from tests.fake_provider.script import Step


@dataclass
class Upstream:
    """What a test can reach: the provider to script, its URL, and clients."""

    provider: FakeProvider
    url: str
    opened: list[Any] = field(default_factory=list)

    def play(self, *steps: Step) -> None:
        """Queue steps for whatever model is asked next."""
        self.provider.script.add("*", list(steps))

    @property
    def last(self) -> dict[str, Any]:
        """The newest entry of the ledger."""
        return self.provider.ledger[-1]

    def openai(self, key: str = "sk-test", **options: Any) -> AsyncOpenAI:
        client = AsyncOpenAI(api_key=key, base_url=f"{self.url}/v1", max_retries=0, **options)
        self.opened.append(client.close)
        return client

    def anthropic(self, key: str = "sk-ant-test", **options: Any) -> AsyncAnthropic:
        client = AsyncAnthropic(api_key=key, base_url=self.url, max_retries=0, **options)
        self.opened.append(client.close)
        return client

    def google(self, key: str = "goog-test") -> genai.Client:
        client = genai.Client(api_key=key, http_options=genai.types.HttpOptions(base_url=self.url))
        self.opened.append(client.aio.aclose)
        return client

    async def post(self, path: str, body: Any, headers: dict[str, str]) -> httpx.Response:
        """A request without an SDK."""
        async with httpx.AsyncClient(timeout=10) as client:
            return await client.post(f"{self.url}{path}", json=body, headers=headers)


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    provider = FakeProvider()
    async with serve_http(provider, "127.0.0.1", 0, 1) as served:  # type: ignore[arg-type]
        found = Upstream(provider, f"http://127.0.0.1:{served.port}")
        yield found
        for close in found.opened:
            await close()
