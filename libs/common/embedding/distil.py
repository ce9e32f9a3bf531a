"""Builds the static table at set-up, by asking the model about every vocabulary token on its own."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime

from libs.common.embedding.files import INPUTS
from libs.common.embedding.ports import Vectors
from libs.common.embedding.static import DIMENSION

_BATCH = 512
# What a function word, punctuation mark or special token counts against a content word.
_FAINT = 0.1
_FUNCTION_WORDS = """
a about after again all also am an and any are as at be because been before being but by can could did do does
doing done for from had has have having he her here hers him his how i if in into is it its itself just may me might
mine more most must my no nor not of off on one only or other our ours out over own please shall she should so some
such than that the their theirs them then there these they this those through to too under until up upon us very was
we were what when where which while who whom whose why will with would you your yours d ll m re s t ve
"""
_FAINT_WORDS = frozenset(_FUNCTION_WORDS.split())


def build(model: Path, vocabulary: Path, target: Path) -> None:
    """Forward every token alone, keep the 256 strongest directions, and take out what all tokens have in common."""
    words = vocabulary.read_text(encoding="utf-8").splitlines()
    vectors = _forward(model, words)
    vectors -= vectors.mean(axis=0)
    # The top directions carry frequency and form rather than meaning; without them cosines spread out.
    _, directions = np.linalg.eigh(vectors.T @ vectors)
    strongest = directions[:, ::-1][:, 2 : 2 + DIMENSION]
    rows = vectors @ strongest
    rows *= np.array([[_FAINT if _is_faint(word) else 1.0] for word in words], np.float32)
    np.save(target, rows.astype(np.float16))


def _forward(model: Path, words: Sequence[str]) -> Vectors:
    session = onnxruntime.InferenceSession(str(model))
    begin, end = words.index("[CLS]"), words.index("[SEP]")
    means = []
    for start in range(0, len(words), _BATCH):
        middle = np.arange(start, min(start + _BATCH, len(words)), dtype=np.int64)
        ids = np.stack([np.full_like(middle, begin), middle, np.full_like(middle, end)], axis=1)
        feeds = dict(zip(INPUTS, (ids, np.ones_like(ids), np.zeros_like(ids)), strict=True))
        means.append(session.run(None, feeds)[0].mean(axis=1))
    return np.concatenate(means)


def _is_faint(word: str) -> bool:
    return word in _FAINT_WORDS or word.startswith("[") or not any(letter.isalnum() for letter in word)
