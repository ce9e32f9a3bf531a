"""The model's vectors of what was asked lately."""

from collections import OrderedDict
from collections.abc import Sequence

import numpy as np

from libs.common.embedding.ports import Vectors
from services.cache.ports import AsyncEmbedder

_KEPT = 512


class EmbeddingCache:
    """A embedder that remembers. A question that missed is stored a moment later: its vector is at hand then."""

    def __init__(self, embedder: AsyncEmbedder) -> None:
        self._embedder = embedder
        self._vectors: OrderedDict[str, Vectors] = OrderedDict()

    def known(self, text: str) -> Vectors | None:
        """The text's vector, if it was embedded lately."""
        return self._vectors.get(text)

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """As `AsyncEmbedder.embed`; only what is not remembered costs a pass."""
        new = [text for text in dict.fromkeys(texts) if text not in self._vectors]
        found = {text: self._vectors[text] for text in texts if text not in new}
        if new:
            found.update(zip(new, await self._embedder.embed(new), strict=True))
        for text, vector in found.items():
            self._vectors[text] = vector
            self._vectors.move_to_end(text)
        while len(self._vectors) > _KEPT:
            self._vectors.popitem(last=False)
        return np.stack([found[text] for text in texts])
