"""Fits the similarity curve: python -m services.optimizer.training.similarity <llmrouter_train.json> <model dir> [curve.json]

Data: ulab-uiuc/LLMRouter (MIT), 600 of its 5,608 questions, chosen by a fixed seed; none of them is in the benchmark's
sets. Each is paired with what our rules, words or sentences left out, and chance make of it. Truth: the cosine of
all-MiniLM-L6-v2 in fp32. Method: the mean of table distance and token distance whose logarithm follows the truth's most
closely among related pairs; then, for the pairs that the service makes (its own rewritings) and at the far end for
strangers, the value that 99 of 100 pairs in each band reach, made to rise. The published score is a lower bound by
intent: it should not claim what the model would not.
"""

import random
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from libs.common.embedding import Embedder, load
from libs.common.embedding.static import StaticTable, load_table
from services.optimizer.domain.similarity import raw_similarity
from services.optimizer.training.pairs import Pair, pairs

SHIPPED = Path(__file__).parent.parent / "data" / "similarity.json"
SEED = 7
TEXTS = 600
# The model reads no more than 256 tokens; what it does not see it cannot judge.
LENGTHS = range(20, 231)
REACHED = 0.01

Floats = NDArray[np.float64]


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One question."""

    question: str


def main(data: Path, model_dir: Path, shipped: Path) -> None:
    """Fit, and write the curve."""
    table, model = load_table(model_dir), load(model_dir)
    texts = [row.question for row in msgspec.json.decode(data.read_bytes(), type=list[Row])]
    random.Random(SEED).shuffle(texts)  # noqa: S311 – a sample, not a secret
    texts = [text for text in texts if len(table.tokens(text)) in LENGTHS][:TEXTS]
    made = list(pairs(texts, SEED))
    truth = cosines(model, made)
    related = np.array([pair.kind != "other" for pair in made])
    ours = np.array([pair.kind == "rules" for pair in made])
    cosine_share = max(
        (round(share / 20, 2) for share in range(21)),
        key=lambda share: np.corrcoef(_log(_raw(table, made, share)[related]), _log(truth[related]))[0, 1],
    )
    measured = _raw(table, made, cosine_share)
    points = [*lower_bound(measured[~related], truth[~related], 4), *lower_bound(measured[ours], truth[ours], 12)]
    raw = [0.0, *(x for x, _ in points)]
    reached = np.maximum.accumulate([0.0, *(y for _, y in points)]).tolist()
    document: dict[str, Any] = {"cosine_share": cosine_share, "raw": raw, "model": reached}
    shipped.write_bytes(msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n")


def cosines(model: Embedder, made: Sequence[Pair]) -> Floats:
    """The model's own cosine for each pair."""
    texts = list(dict.fromkeys(text for pair in made for text in (pair.before, pair.after)))
    vectors = dict(zip(texts, model.embed(texts), strict=True))
    return np.array([float(vectors[pair.before] @ vectors[pair.after]) for pair in made])


def lower_bound(raw: Floats, truth: Floats, bands: int) -> list[tuple[float, float]]:
    """The middle of each band of equally many pairs, and what nearly all of its pairs reach."""
    parts = np.array_split(np.argsort(raw, kind="stable"), bands)
    return [
        (round(float(np.median(raw[part])), 4), round(max(0.0, float(np.quantile(truth[part], REACHED))), 4))
        for part in parts
    ]


def _log(similarity: Floats) -> Floats:
    logarithms: Floats = np.log(np.maximum(1e-4, 1 - similarity))
    return logarithms


def _raw(table: StaticTable, made: Sequence[Pair], cosine_share: float) -> Floats:
    return np.array(
        [raw_similarity(table, table.tokens(one.before), table.tokens(one.after), cosine_share) for one in made]
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]) if len(sys.argv) > 3 else SHIPPED)
