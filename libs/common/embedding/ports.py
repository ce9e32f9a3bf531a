"""What needs sentence vectors depends on this."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


class Embedder(Protocol):
    """Texts in, one unit vector each out. `name` tells vectors apart that must never be compared with each other."""

    name: str
    dimension: int

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Shape [len(texts), dimension], each row of length one. Blocks: milliseconds per text."""
        ...
