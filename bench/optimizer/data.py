"""The public sets, read where they lie; None where one is not at hand. Their origins and licences stand beside them."""

import gzip
import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

Messages = list[dict[str, Any]]
DATA = Path("../shared/data/optimizer")
_WORD = re.compile(r"[a-z0-9]+")
_COMMON = frozenset(
    "a an the of in on to and or is was were are be by for with at from as that this who what when".split()
)


class Asked(NamedTuple):
    """A question, ten passages of which the `gold`-th answers it, and the answers that it may hold."""

    question: str
    passages: list[tuple[str, str]]
    gold: int
    answers: list[str]


class Sets:
    """One folder of data. A file is found by the beginning of its name, so that other halves of a set fit too."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def gsm8k(self) -> list[str] | None:
        """Grade-school questions."""
        return self._lines("gsm8k_test", lambda row: row["question"])

    def mt_bench(self) -> list[str] | None:
        """First turns."""
        return self._lines("mt_bench", lambda row: row["turns"][0])

    def act_as(self) -> list[str] | None:
        """ "I want you to act as …" prompts."""
        found = self._find("act_as_prompts")
        return None if found is None else [row[1] for row in json.loads(found.read_text())]

    def github(self) -> str | None:
        """A tool's list of repositories, pretty-printed."""
        found = self._find("toon_github_repos")
        return None if found is None else found.read_text()

    def airline(self) -> list[Messages] | None:
        """Conversations of tau-bench's airline agent."""
        found = self._find("tau_airline")
        if found is None:
            return None
        return [one["traj"] for one in json.loads(gzip.decompress(found.read_bytes()))]

    def agents(self) -> list[Messages]:
        """SWE-agent's histories, whose observations are user turns."""
        histories = [json.loads(path.read_text())["history"] for path in sorted(self._folder.glob("sweagent_*.traj"))]
        return [[{"role": m["role"], "content": m["content"]} for m in one if m.get("content")] for one in histories]

    def questions(self, first: int, count: int) -> list[Asked] | None:
        """Ten passages each: the one that answers, and nine of other questions that share most words with this one."""
        found = self._find("nq_open_oracle")
        if found is None:
            return None
        rows = [json.loads(line) for line in gzip.decompress(found.read_bytes()).decode().split("\n") if line]
        return list(_with_distractors(rows, min(first, max(0, len(rows) - count)), count))

    def _find(self, beginning: str) -> Path | None:
        return next(iter(sorted(self._folder.glob(f"{beginning}*"))), None)

    def _lines(self, beginning: str, text_of: Any) -> list[str] | None:
        found = self._find(beginning)
        return None if found is None else [text_of(json.loads(line)) for line in found.read_text().split("\n") if line]


def _with_distractors(rows: list[dict[str, Any]], first: int, count: int) -> Iterator[Asked]:
    passages = [(row["ctxs"][0]["title"], row["ctxs"][0]["text"]) for row in rows]
    words = [_words(f"{title} {text}") for title, text in passages]
    dice = random.Random(1)
    for i, row in enumerate(rows[first : first + count], first):
        asked, answers = _words(row["question"]), [answer.lower() for answer in row["answers"]]
        others = (
            j
            for j in range(len(rows))
            if passages[j] != passages[i] and not any(answer in passages[j][1].lower() for answer in answers)
        )
        nearest = sorted(others, key=lambda j: (-len(asked & words[j]), j))[:9]
        order = [i, *nearest]
        dice.shuffle(order)
        yield Asked(row["question"], [passages[j] for j in order], order.index(i), row["answers"])


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.lower())) - _COMMON
