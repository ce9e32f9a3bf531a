"""Fits the learned weights: python -m services.router.training.train <llmrouter_train.json> [weights.json]

Data: ulab-uiuc/LLMRouter (MIT), 5,608 questions answered by nine models; none of them is in RouteLLM's test sets or in
this repository's tests. Target: the gain, the mean score of the strong models less that of the weak ones, so that a
question which nobody solves is not sent to the strong. Method: ridge regression on the signals, each task centred on
half its own mean so that a data set's format does not stand in for its difficulty. The hand-set weights stay as they are.
"""

import sys
from pathlib import Path

import msgspec
import numpy as np

from services.router.domain.reading import read
from services.router.domain.signals import signals

STRONG = ("llama-3.1-nemotron-51b-instruct", "llama-3.3-nemotron-super-49b-v1", "llama3-chatqa-1.5-70b")
WEAK = ("qwen2.5-7b-instruct", "mistral-7b-instruct-v0.3", "gemma-2-9b-it", "llama-3.1-8b-instruct")
RIDGE = 50.0
SHIPPED = Path(__file__).parent.parent / "data" / "weights.json"


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One question and each model's score on it, 0 to 1."""

    question: str
    scores: dict[str, float]


def main(data: Path, shipped: Path) -> None:
    """Fit, and write the weights beside the hand-set ones."""
    rows = msgspec.json.decode(data.read_bytes(), type=list[Row])
    found = [signals(read(row.question)) for row in rows]
    names = sorted({name for one in found for name in one})
    values = np.array([[one.get(name, 0.0) for name in names] for one in found])
    gain = np.array([_mean(row, STRONG) - _mean(row, WEAK) for row in rows])
    mean, deviation = values.mean(axis=0), values.std(axis=0)
    seen = deviation > 0.02  # a signal that the data hardly has would get a weight from a handful of questions
    names = [name for name, keep in zip(names, seen, strict=True) if keep]
    mean, deviation = mean[seen], deviation[seen]
    scaled = (values[:, seen] - mean) / deviation
    target = (gain - gain.mean()) / gain.std()
    weights = np.linalg.solve(scaled.T @ scaled + RIDGE * np.eye(len(names)), scaled.T @ target)
    document = msgspec.json.decode(shipped.read_bytes())
    for key, column in (("learned", weights), ("mean", mean), ("deviation", deviation)):
        document[key] = {name: round(float(value), 4) for name, value in zip(names, column, strict=True)}
    shipped.write_bytes(msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n")


def _mean(row: Row, models: tuple[str, ...]) -> float:
    return sum(row.scores[model] for model in models) / len(models)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else SHIPPED)
