"""Questions near a prompt: what the model is given to read, and what the nearest ones say."""

import numpy as np
from numpy.typing import NDArray

NEAREST = 100
# Whose nearest question is less alike than the first is told nothing by it; from the second on, all of it.
_UNLIKE, _ALIKE = 0.3, 0.7
# The model's time grows with the text, and what is asked stands at one of its ends.
_END = 180


def ends(text: str) -> str:
    """The beginning and the end of a long text."""
    return text if len(text) <= 2 * _END else f"{text[:_END]} {text[-_END:]}"


def mean_uplift(similarity: NDArray[np.float32], gains: NDArray[np.float32]) -> float:
    """The mean gain of the nearest ones; `similarity` and `gains` have an entry for each question."""
    nearest = np.argpartition(similarity, -NEAREST)[-NEAREST:]
    return float(gains[nearest].mean())


def shrunk_mean(similarity: NDArray[np.float32], gains: NDArray[np.float32]) -> float:
    """What the nearest ones say, drawn to the mean of all as far as they are unlike; `similarity` is a cosine."""
    alike = min(max((float(similarity.max()) - _UNLIKE) / (_ALIKE - _UNLIKE), 0.0), 1.0)
    usual = float(gains.mean())
    return usual + alike * (mean_uplift(similarity, gains) - usual)
