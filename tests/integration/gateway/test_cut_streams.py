"""Two hundred clients that leave in the middle of a stream, each at another byte."""

import asyncio
import json
import random
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.fake_provider.script import Step
from tests.fixtures.gateway import Stack, gateway_stack
from tests.fixtures.nats import until

STREAMS, AT_ONCE = 200, 20
MODELS = ("gpt-4o", "claude-haiku-4-5", "gemini-2.5-flash")
# Far longer than the second that a test waits for the provider to be hung up on.
LONG = Step(content="word " * 400, chunk_delay=0.05, repeat=STREAMS)


async def leave_after(stack: Stack, model: str, size: int) -> None:
    """Ask, read so many bytes of whatever comes, and close the connection."""
    where = urlsplit(stack.url)
    body = json.dumps(
        {"model": model, "stream": True, "messages": [{"role": "user", "content": f"Tell me of {size}."}]}
    )
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {stack.api_key}\r\n"
    writer.write(f"{head}content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n{body}".encode())
    if size:
        await reader.readexactly(size)
    else:  # leave before there is any answer, but not before the provider was asked
        asked = len(stack.provider.ledger)
        await until(lambda: len(stack.provider.ledger) > asked)
    writer.transport.abort()


async def test_every_upstream_is_hung_up_on_and_every_request_recorded(tmp_path: Path) -> None:
    rng = random.Random(7)
    async with gateway_stack(tmp_path) as stack:
        keys: list[Any] = [
            stack.seal("openai", "sk-o"),
            stack.seal("anthropic", "sk-a", base_url=stack.provider_url),
            stack.seal("google", "sk-g", base_url=stack.provider_url),
        ]
        stack.change(provider_keys=tuple(keys))
        stack.provider.script.add("*", [LONG])
        for wave in range(0, STREAMS, AT_ONCE):
            sizes = [0 if rng.random() < 0.1 else rng.randint(1, 3000) for _ in range(AT_ONCE)]
            await asyncio.gather(*(leave_after(stack, MODELS[(wave + n) % 3], size) for n, size in enumerate(sizes)))
            async with asyncio.timeout(1):
                await until(lambda: all(entry["closed_early"] for entry in stack.provider.ledger))
        await until(lambda: len(stack.finished) == STREAMS)
        assert len(stack.provider.ledger) == STREAMS
        assert {event.status for event in stack.finished} == {"cancelled"}
        assert all(event.tokens.input > 0 and event.stream for event in stack.finished)
        assert all(event.actual_cost_nano for event in stack.finished)
        assert len({event.id for event in stack.finished}) == STREAMS
        assert sum(event.tokens.output > 0 for event in stack.finished) > STREAMS / 2
