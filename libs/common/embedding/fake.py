"""An embedder for tests that needs no model."""

import hashlib
from collections.abc import Sequence

import numpy as np

from libs.common.embedding.ports import Vectors


class FakeEmbedder:
    """A bag of words hashed to directions: the same words give the same vector, shared words bring vectors near."""

    def __init__(self, dimension: int = 384) -> None:
        self.name = f"fake-{dimension}"
        self.dimension = dimension

    def embed(self, texts: Sequence[str]) -> Vectors:
        return np.stack([self._one(text) for text in texts]) if texts else np.zeros((0, self.dimension), np.float32)

    def _one(self, text: str) -> Vectors:
        total = sum((self._direction(word) for word in text.lower().split()), self._direction(""))
        return (total / np.linalg.norm(total)).astype(np.float32)

    def _direction(self, word: str) -> Vectors:
        seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:8])
        return np.random.default_rng(seed).standard_normal(self.dimension).astype(np.float32)
