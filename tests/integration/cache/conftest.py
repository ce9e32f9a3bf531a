"""The same entries over every vector store."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from qdrant_client import AsyncQdrantClient

from libs.common.clock import ManualClock
from libs.common.contracts.cache import StoreAnswer
from services.cache.ports import Points
from services.cache.store.edge import EdgePoints
from services.cache.store.server import ServerPoints
from tests.fakes.cache_store import MemoryPoints

STATIC_SIZE, EMBEDDING_SIZE = 8, 4


def answer_for(**changes: object) -> StoreAnswer:
    """A storable answer; name what matters to the test."""
    plain = StoreAnswer(
        org_id="org_a",
        scope="scope",
        fingerprint="fingerprint",
        query="What is tin?",
        ttl_seconds=60,
        answer=msgspec.Raw(b'{"id":"one"}'),
        served_model="gpt-4o",
        provider="openai",
        prompt_tokens=12,
        completion_tokens=34,
        request_id="req_1",
    )
    return msgspec.structs.replace(plain, **changes)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 11, 21, tzinfo=UTC))


@pytest.fixture(params=["memory", "edge", "server"])
async def points(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Points]:
    """An empty store. The server's client runs against its own in-memory stand-in for a server."""
    store = make_points(request.param, tmp_path)
    await store.ping()
    yield store
    await store.close()


def make_points(kind: str, directory: Path) -> Points:
    sizes = {"static_size": STATIC_SIZE, "embedding_size": EMBEDDING_SIZE}
    if kind == "edge":
        return EdgePoints(directory, "promptly-answers-test", **sizes)
    if kind == "server":
        return ServerPoints(AsyncQdrantClient(location=":memory:"), "promptly-answers-test", **sizes)
    return MemoryPoints()
