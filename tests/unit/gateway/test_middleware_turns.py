"""A crowd that holds one key does not begin before whoever holds another."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from services.gateway.http.middleware import middleware


class Crowd:
    """Requests that all come within one turn of the loop; `begun` has their keys in the order in which they were served."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.turn = 0
        self.turns: list[int] = []
        self._app = middleware(self._serve)

    async def _serve(self, scope: Any, receive: Any, send: Any) -> None:
        self.begun.append(dict(scope["headers"]).get(b"x-api-key", b"").decode())
        self.turns.append(self.turn)

    async def come(self, *keys: str) -> None:
        async def count() -> None:
            while True:
                self.turn += 1
                await asyncio.sleep(0)

        counting = asyncio.create_task(count())
        await asyncio.gather(*(self._app(_scope(key), _nothing, _nothing) for key in keys))  # type: ignore[arg-type]
        counting.cancel()


def _scope(key: str) -> Any:
    headers = [(b"x-api-key", key.encode())] if key else []
    return {"type": "http", "method": "POST", "path": "/v1/chat/completions", "headers": headers, "query_string": b""}


async def _nothing(*_: Any) -> Any:
    return {}


@pytest.mark.parametrize("size", [50, 1_000])
async def test_another_key_s_request_is_served_among_the_first(size: int) -> None:
    crowd = Crowd()
    await crowd.come(*["greedy"] * size, "victim", "")
    assert len(crowd.begun) == size + 2
    assert crowd.begun.index("victim") < 12
    assert crowd.begun.index("") < 12
    assert max(Counter(crowd.turns).values()) <= 4


async def test_few_requests_wait_for_nobody() -> None:
    crowd = Crowd()
    await crowd.come("a", "a", "b")
    assert crowd.begun == ["a", "a", "b"]
    assert len(set(crowd.turns)) == 1
