"""Sentence vectors: one small model, converted once at set-up, and a static table for a first cheap look."""

from pathlib import Path
from typing import Literal

from libs.common.embedding.files import ModelMissingError
from libs.common.embedding.ports import Embedder
from libs.common.embedding.threaded import ThreadedEmbedder

__all__ = ["Embedder", "ModelMissingError", "ThreadedEmbedder", "load"]


def load(model_dir: str | Path, precision: Literal["fp32", "int8"] = "fp32") -> Embedder:
    """The model; see `minilm.load`. Who only needs the static table does not pay for the model's library."""
    from libs.common.embedding import minilm  # noqa: PLC0415

    return minilm.load(model_dir, precision)
