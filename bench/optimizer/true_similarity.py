"""The published similarity beside the model's own cosine, on prompts that the curve was not fitted to."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bench.optimizer.ledger import Ledger
from libs.common.embedding import ModelMissingError, load
from services.optimizer.domain.invariants import preserves
from services.optimizer.domain.similarity import Similarity
from services.optimizer.domain.spans import protected
from services.optimizer.training.pairs import pairs
from services.optimizer.training.similarity import Floats, cosines

THRESHOLDS = (0.85, 0.9, 0.95, 0.98)
KINDS = ("rules", "words", "sentence", "other")
_MOST_CHARACTERS = 900  # within the 256 tokens that the model reads
_POLARITY = (
    ("Do not delete the file.", "Do delete the file."),
    ("Do delete the file.", "Do not delete the file."),
    ("The agent is allowed to refund.", "The agent is not allowed to refund."),
    ("You can't refund a basic ticket.", "You can refund a basic ticket."),
    ("Never share the address with anyone.", "Share the address with anyone."),
    ("Wait 5 minutes, then call 3 times.", "Wait 6 minutes, then call 3 times."),
    ("Pay $1,250.00 by 10:30.", "Pay $1,250.00 by 10:31."),
    ("It works without a key.", "It works with a key."),
)


def similarity(ledger: Ledger, similarity: Similarity, model_dir: Path, texts: Sequence[str]) -> None:
    """Pearson by kind of pair, and how often the score claims what the model does not."""
    try:
        model = load(model_dir)
    except ModelMissingError:
        ledger.unmeasurable("similarity beside MiniLM")
        return
    made = list(pairs([text for text in texts if len(text) <= _MOST_CHARACTERS], 11))
    truth = cosines(model, made)
    score = np.array([similarity.between(pair.before, pair.after) for pair in made])
    kinds = np.array([pair.kind for pair in made])
    lines = []
    for name, chosen in (("all", kinds != ""), *((kind, kinds == kind) for kind in KINDS)):
        correlation = np.corrcoef(score[chosen], truth[chosen])[0, 1]
        means = [f"{truth[chosen].mean():.3f}", f"{score[chosen].mean():.3f}"]
        over = [_over(score[chosen], truth[chosen], threshold) for threshold in THRESHOLDS]
        lines.append([name, str(int(chosen.sum())), f"{correlation:.3f}", *means, *over])
    head = ["pairs", "n", "Pearson", "MiniLM, mean", "score, mean", *(f"false accepts at {t}" for t in THRESHOLDS)]
    ledger.show("Similarity score against all-MiniLM-L6-v2", head, lines)
    ours = kinds == "rules"
    passed = ours & (score >= 0.9)
    ledger.least(
        "similarity score against MiniLM, all pairs, Pearson", float(np.corrcoef(score, truth)[0, 1]), 0.92, ""
    )
    ledger.most("rewritings scored ≥ 0.9 that MiniLM puts below", 100 * float(np.mean(truth[passed] < 0.9)), 2, "%")


def _over(score: Floats, truth: Floats, threshold: float) -> str:
    passed = score >= threshold
    if not passed.any():
        return "–"
    return f"{100 * np.mean(truth[passed] < threshold):.1f} % of {int(passed.sum())}"


def polarity(ledger: Ledger) -> None:
    """Edits that turn a meaning round must be vetoed, whatever they score."""
    vetoed = sum(
        not (preserves(before, after, protected(before)) and preserves(after, before, protected(after)))
        for before, after in _POLARITY
    )
    ledger.least("edits that turn the meaning round: vetoed", 100 * vetoed / len(_POLARITY), 100)
