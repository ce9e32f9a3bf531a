"""all-MiniLM-L6-v2 through fastembed, from the directory that `prepare` made."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from fastembed import TextEmbedding
from fastembed.common.model_description import ModelSource, PoolingType

from libs.common.embedding.files import FILES, HIDDEN, check
from libs.common.embedding.ports import Embedder, Vectors

Precision = Literal["fp32", "int8"]


class MiniLM:
    """Mean-pooled, unit-length vectors. Text beyond 256 tokens is cut off: the model was not trained on more."""

    def __init__(self, model_dir: Path, precision: Precision) -> None:
        self.name = f"all-minilm-l6-v2-{precision}"
        self.dimension = HIDDEN
        _register(self.name, FILES[precision])
        self._model = TextEmbedding(self.name, specific_model_path=str(model_dir), threads=1)
        self.embed(["warm"])  # the first pass takes twenty times as long as the next: not while somebody waits

    def embed(self, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.zeros((0, self.dimension), np.float32)
        return np.asarray(list(self._model.embed(list(texts), batch_size=8)), dtype=np.float32)


def load(model_dir: str | Path, precision: Precision = "fp32") -> Embedder:
    """The model, ready to use (about a second).

    fp32 where scores are compared with a threshold; int8 is up to four times as fast on short text, and its cosines
    are up to a hundredth lower. Raises `ModelMissingError` where `prepare` has not been run.
    """
    return MiniLM(check(Path(model_dir)), precision)


def _register(name: str, file: str) -> None:
    """Tell fastembed about a model that it does not list. Its registry is one per process and refuses repeats."""
    if any(model["model"] == name for model in TextEmbedding.list_supported_models()):
        return
    TextEmbedding.add_custom_model(
        model=name,
        pooling=PoolingType.MEAN,
        normalization=True,
        # Never fetched, the files are at hand; fastembed only insists that some source is named.
        sources=ModelSource(hf="sentence-transformers/all-MiniLM-L6-v2"),
        dim=HIDDEN,
        model_file=file,
    )
