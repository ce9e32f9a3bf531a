"""A static table distilled from the model: one vector per vocabulary token, so that a text costs a sum instead of a
forward pass. Good enough to say what is certainly not near; never good enough to say what is.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime  # type: ignore[import-untyped]
from tokenizers import Tokenizer

from libs.common.embedding.convert import INPUTS
from libs.common.embedding.ports import Vectors

FILE = "static.npy"
DIMENSION = 256
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


class StaticTable:
    """Unit vectors of 256 dimensions at about 0.1 ms per short text, and the text's length in the model's tokens."""

    def __init__(self, table: Path, tokenizer: Path) -> None:
        self.dimension = DIMENSION
        self._rows = np.load(table, mmap_mode="r")
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()

    def tokens(self, text: str) -> Sequence[int]:
        """The text's token ids, whole, without the marks at its ends."""
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return ids

    def vector(self, tokens: Sequence[int]) -> Vectors:
        """The text's direction; all zeros for an empty text."""
        total = self._rows[tokens].astype(np.float32).sum(axis=0)
        length = float(np.linalg.norm(total))
        unit: Vectors = total / length if length > 0 else total
        return unit


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
