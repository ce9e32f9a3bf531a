"""Sentence vectors: one small model, converted once at set-up, and a static table for a first cheap look."""

from libs.common.embedding.files import ModelMissingError
from libs.common.embedding.minilm import load
from libs.common.embedding.off_loop import OffLoop
from libs.common.embedding.ports import Embedder

__all__ = ["Embedder", "ModelMissingError", "OffLoop", "load"]
