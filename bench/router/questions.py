"""RouteLLM's questions with the scores of a weak and a strong model, contaminated ones left out.

Read from one folder: `routellm_gsm8k_responses.csv`, `mmlu_*.csv` in folders named `routellm_mmlu*`, and MT-Bench as
`*mt_bench*/judgements.jsonl` (or `*mt_bench*judgements.jsonl`) beside its questions. Each set is empty where it is absent.
"""

import csv
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from statistics import mean
from typing import Any

import msgspec

WEAK, STRONG = "mistralai/Mixtral-8x7B-Instruct-v0.1", "gpt-4-1106-preview"


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """A prompt, and how well each model answered it."""

    prompt: str
    weak: float
    strong: float


def gsm8k(data: Path) -> list[Question]:
    """School mathematics: right or wrong."""
    return _answered([data / "routellm_gsm8k_responses.csv"], _contaminated(data, "gsm8k"))


def mmlu(data: Path) -> list[Question]:
    """Examinations with four options: right or wrong."""
    return _answered(sorted(data.glob("routellm_mmlu*/mmlu_*.csv")), _contaminated(data, "mmlu"))


def mt_bench(data: Path) -> list[Question]:
    """First turns of conversations; scores from 1 to 10, both turns of the conversation taken together."""
    scores: dict[tuple[str, str], list[float]] = defaultdict(list)
    for row in _lines(path for path in data.rglob("*judgements.jsonl") if "mt_bench" in str(path)):
        scores[str(row["question_id"]), row["model"]].append(float(row["score"]))
    left_out = _contaminated(data, "mt_bench")
    found = []
    for row in _lines(path for path in data.rglob("*question*.jsonl") if "mt_bench" in str(path)):
        number = str(row["question_id"])
        weak, strong = scores.get((number, WEAK)), scores.get((number, STRONG))
        if weak and strong and not left_out.intersection(row["turns"]):
            found.append(Question(prompt=row["turns"][0], weak=mean(weak), strong=mean(strong)))
    return found


def _answered(paths: Iterable[Path], left_out: set[str]) -> list[Question]:
    found = []
    for path in paths:
        if path.exists():
            with path.open(newline="", encoding="utf-8") as file:
                found += [
                    Question(prompt=row["prompt"], weak=row[WEAK] == "True", strong=row[STRONG] == "True")
                    for row in csv.DictReader(file)
                    if row["prompt"] not in left_out
                ]
    return found


def _contaminated(data: Path, name: str) -> set[str]:
    return {row["eval_prompt"] for row in _lines(p for p in data.rglob("*contaminated*.jsonl") if name in str(p))}


def _lines(paths: Iterable[Path]) -> Iterator[dict[str, Any]]:
    for path in sorted(paths):
        yield from map(json.loads, path.read_text(encoding="utf-8").splitlines())
