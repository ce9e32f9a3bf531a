"""What was embedded lately is not embedded again."""

from collections.abc import Sequence

import numpy as np

from libs.common.embedding.ports import Vectors
from services.cache import embedding_cache
from services.cache.embedding_cache import EmbeddingCache


class Counting:
    """Every text's vector is its length; counts what it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def embed(self, texts: Sequence[str]) -> Vectors:
        self.asked += texts
        return np.array([[len(text)] for text in texts], np.float32)


async def test_only_new_texts_cost_a_pass() -> None:
    embedder = Counting()
    seen = EmbeddingCache(embedder)
    assert seen.known("tin") is None
    assert (await seen.embed(["tin", "copper", "tin"])).tolist() == [[3.0], [6.0], [3.0]]
    assert (await seen.embed(["copper", "lead"])).tolist() == [[6.0], [4.0]]
    assert embedder.asked == ["tin", "copper", "lead"]
    vector = seen.known("lead")
    assert vector is not None
    assert vector.tolist() == [4.0]


async def test_the_oldest_are_forgotten() -> None:
    embedder = Counting()
    seen = EmbeddingCache(embedder)
    for at in range(embedding_cache._KEPT + 1):
        await seen.embed([str(at)])
    assert seen.known("0") is None
    assert seen.known("1") is not None
