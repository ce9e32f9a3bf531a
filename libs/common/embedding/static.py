"""A static table distilled from the model: one vector per vocabulary token, so that a text costs a sum instead of a
forward pass. Good enough to say what is certainly not near; never good enough to say what is.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from libs.common.embedding.files import FILES, check
from libs.common.embedding.ports import Vectors

DIMENSION = 256


class StaticTable:
    """Unit vectors of 256 dimensions at about 0.1 ms per short text, and the text's length in the model's tokens."""

    def __init__(self, table: Path, tokenizer: Path) -> None:
        self.dimension = DIMENSION
        self._rows = np.load(table, mmap_mode="r").view(np.ndarray)
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        unknown = self._tokenizer.token_to_id("[UNK]")
        self.unknown = -1 if unknown is None else unknown

    def tokens(self, text: str) -> Sequence[int]:
        """The text's token ids, whole, without the marks at its ends."""
        # A plain word of the vocabulary is one token, and looking it up is fifty times as quick.
        if text.isascii() and text.isalpha() and (known := self._tokenizer.token_to_id(text.lower())) is not None:
            return [known]
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return ids

    def vector(self, tokens: Sequence[int]) -> Vectors:
        """The text's direction; all zeros for an empty text."""
        # Most of a text's tokens come again, and making a row wide costs more than counting it.
        once, times = np.unique(np.asarray(tokens, dtype=np.intp), return_counts=True)
        total = times.astype(np.float32) @ self._rows[once].astype(np.float32)
        length = float(np.linalg.norm(total))
        unit: Vectors = total / length if length > 0 else total
        return unit


def load_table(model_dir: str | Path) -> StaticTable:
    """The table of a prepared model directory. Raises `ModelMissingError` where `prepare` has not been run."""
    directory = check(Path(model_dir))
    return StaticTable(directory / FILES["static"], directory / FILES["tokenizer"])
