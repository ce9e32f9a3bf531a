"""Fits what the router ships with: python -m services.router.training.train <llmrouter folder> <model folder>

Data: ulab-uiuc/LLMRouter (MIT), 5,608 questions of 14 tasks answered by nine models; none of them is in RouteLLM's test
sets or in this repository's tests. Target: the gain, the mean score of the two strong models that are ahead of all others
less that of two small ones of different makers, so that a question which nobody solves is not sent to the strong. Each
task is centred on half its own mean, so that a data set's format does not stand in for its difficulty.

Three estimates are added up, each divided by its spread within a task: the number of words, a ridge regression on all
features, and the mean gain of the hundred nearest questions. The first two are one set of weights; for the third the
questions' vectors and gains are shipped.
"""

import sys
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from libs.common.embedding import Embedder, load
from services.router.domain.knn import ends, mean_uplift
from services.router.domain.parsed_prompt import parse_prompt
from services.router.domain.signals import features_of
from services.router.weights import FEATURES, SHIPPED, Feature, Shipped

STRONG = ("llama-3.1-nemotron-51b-instruct", "llama-3.3-nemotron-super-49b-v1")
WEAK = ("mistral-7b-instruct-v0.3", "llama-3.1-8b-instruct")
RIDGE = 1000.0
# A feature that the data hardly has would be blown up by scaling, and its weight come from a handful of questions.
LEAST_DEVIATION = 0.1
Numbers = NDArray[np.float64]


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One question and each model's score on it, 0 to 1."""

    question: str
    scores: dict[str, float]


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """Which task a question belongs to."""

    query: str
    task_name: str


def main(data: Path, model: Path, shipped: Path = SHIPPED) -> None:
    """Fit, and write the weights and the neighborhood."""
    rows = msgspec.json.decode((data / "llmrouter_train.json").read_bytes(), type=list[Row])
    lines = (data / "llmrouter_query_train.jsonl").read_bytes().splitlines()
    named = {one.query: one.task_name for one in (msgspec.json.decode(line, type=Task) for line in lines)}
    tasks = np.array([named.get(row.question, "") for row in rows])
    gains = centred(np.array([_mean(row, STRONG) - _mean(row, WEAK) for row in rows]), tasks)
    features = np.array([features_of(parse_prompt(row.question)) for row in rows])
    vectors = _vectors([row.question for row in rows], load(model, "int8"))

    mean, deviation = features.mean(axis=0), np.maximum(features.std(axis=0), LEAST_DEVIATION)
    scaled = (features - mean) / deviation
    ridge = np.linalg.solve(scaled.T @ scaled + RIDGE * np.eye(len(mean)), scaled.T @ (gains - gains.mean()))
    unit = _spread(scaled @ ridge, tasks)
    weights = ridge / unit
    words = FEATURES.index("words")
    weights[words] += 1 / _spread(scaled[:, words], tasks)
    own = scaled @ weights
    nearby = _nearby(vectors, gains)
    said = (nearby - nearby.mean()) / _spread(nearby, tasks)
    document = Shipped(
        unit=_round(unit),
        neighbor_mean=_round(nearby.mean()),
        neighbor_spread=_round(_spread(nearby, tasks)),
        together=_round(own.std() / (own + said).std()),
        features={
            name: Feature(mean=_round(m), deviation=_round(d), weight=_round(w))
            for name, m, d, w in zip(FEATURES, mean, deviation, weights, strict=True)
        },
        ladder=tuple(_round(value) for value in np.quantile(own, np.linspace(0, 1, 101))),
    )
    (shipped / "weights.json").write_bytes(msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n")
    np.savez(shipped / "neighbors.npz", vectors=vectors, gains=gains.astype(np.float16))


def centred(gains: Numbers, tasks: NDArray[np.str_]) -> Numbers:
    """Each gain less half of its task's mean."""
    result = gains.copy()
    for task in set(tasks):
        result[tasks == task] -= gains[tasks == task].mean() / 2
    return result


def _vectors(questions: list[str], embedder: Embedder) -> NDArray[np.int8]:
    """Embedded one by one, as the service does: beside others, the int8 model gives slightly other vectors."""
    rows = [embedder.embed([ends(parse_prompt(question).body)])[0] for question in questions]
    return np.round(np.stack(rows) * 127).astype(np.int8)


def _nearby(vectors: NDArray[np.int8], gains: Numbers) -> Numbers:
    """The mean gain of each question's nearest ones, itself left out."""
    scaled = vectors.astype(np.float32)
    found = np.zeros(len(gains))
    for at, vector in enumerate(scaled):
        near = scaled @ vector
        near[at] = -np.inf
        found[at] = mean_uplift(near, gains.astype(np.float32))
    return found


def _spread(values: Numbers, tasks: NDArray[np.str_]) -> float:
    """The deviation within a task, tasks counting alike."""
    return float(np.sqrt(np.mean([values[tasks == task].var() for task in sorted(set(tasks))])))


def _mean(row: Row, models: tuple[str, ...]) -> float:
    return sum(row.scores[model] for model in models) / len(models)


def _round(value: float) -> float:
    return round(float(value), 5)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
