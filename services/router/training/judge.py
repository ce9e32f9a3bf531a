"""Fits `data/judge.json`: python -m services.router.training.judge

Data: `prompts/`, written by hand; a third of its groups is held back (`prompts.py`) and not looked at here. How many trees,
how deep and how sharp was chosen by six-fold cross-validation, folds by group, on the other two thirds.
"""

from collections import Counter
from pathlib import Path

import msgspec
import numpy as np

from services.router.domain.judge import TIERS
from services.router.domain.marks import marks, names
from services.router.training.forest import LEAF, TREES, Grower, regression
from services.router.training.prompts import SEED, Labelled, labelled, split
from services.router.weights import SHIPPED, ShippedJudge, load_words

VERSION = 1
SHARPNESS = 1.5
# A mark that few prompts have would be blown up by scaling.
LEAST_DEVIATION = 0.1


def fitted(prompts: list[Labelled]) -> ShippedJudge:
    """The judge that these prompts make."""
    words = load_words()
    values = np.array([marks(one.prompt, words).values for one in prompts])
    labels = np.array([TIERS.index(one.tier) for one in prompts])
    mean, deviation = values.mean(axis=0), np.maximum(values.std(axis=0), LEAST_DEVIATION)
    forest = Grower(values, labels, SEED).forest()
    languages = Counter(one.language for one in prompts)
    return ShippedJudge(
        version=VERSION,
        made_from=f"{len(prompts)} prompts of training/prompts, {dict(languages)}; {TREES} trees, leaves of {LEAF}; seed {SEED}",
        names=names(words),
        mean=np.round(mean, 5).tolist(),
        deviation=np.round(deviation, 5).tolist(),
        weights=np.round(regression((values - mean) / deviation, labels), 5).tolist(),
        sharpness=SHARPNESS,
        roots=forest.roots.tolist(),
        feature=forest.feature.tolist(),
        cut=forest.cut.tolist(),
        left=forest.left.tolist(),
        right=forest.right.tolist(),
        shares=forest.shares.tolist(),
        depth=forest.depth,
    )


def main(shipped: Path = SHIPPED) -> None:
    """Fit on what is not held back, and write."""
    training, _ = split(labelled())
    (shipped / "judge.json").write_bytes(msgspec.json.encode(fitted(training)) + b"\n")


if __name__ == "__main__":
    main()
