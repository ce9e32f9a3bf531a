"""Takes the embedding off the event loop."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from libs.common.embedding.ports import Embedder, Vectors


class ThreadedEmbedder:
    """An embedder to await. One thread: the model saturates a core, and a second one would only make both wait."""

    def __init__(self, embedder: Embedder) -> None:
        self.name = embedder.name
        self.dimension = embedder.dimension
        self._embedder = embedder
        self._thread = ThreadPoolExecutor(1, "embed")

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """As `Embedder.embed`, while the loop goes on with other work."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._embedder.embed, texts)

    def close(self) -> None:
        """Let go of the thread; what still waits for it is cancelled."""
        self._thread.shutdown(wait=True, cancel_futures=True)
