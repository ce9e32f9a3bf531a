"""What tools are described with, said in fewer words by the rules for instructions.

Each text is looked at by itself, so that it comes out the same at every turn of a conversation, and the provider's cache of what a prompt
begins with stays good. Texts that say how something is to be written keep all their words.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from libs.common.contracts.auth import OptimizationSettings
from libs.common.contracts.optimizer import Outcome, StepNote
from services.optimizer.domain.levers import plan, text_steps
from services.optimizer.domain.remembered import current
from services.optimizer.domain.rewriting import Alike, Count, Done, reword

STEP: Final = "definitions"
_STEPS: Final = frozenset(("blanks", "phrases", "articles"))
# Longer ones are documents; and of more than so many bytes in all none is read.
_LONGEST: Final = 20_000
MOST_BYTES: Final = 256 << 10
# How a value is written: formats, examples, and whatever is to be taken to the letter.
_TO_THE_LETTER: Final = re.compile(
    r"\b(?:e\.g\.|i\.e\.|examples?|formats?|formatted|patterns?|syntax|regex\w*|regular expressions?|exact(?:ly)?|literal(?:ly)?|verbatim|"
    r"must match|enclosed|delimited|separated|template|schema|ISO|JSON|YAML|XML|HTML|CSV|SQL|UTC|RFC)\b|[`{}<>=|\\]|://",
)
_WORD: Final = re.compile(r"[^\W\d_]{2,}")
_FEWEST_WORDS: Final = 4


@dataclass(frozen=True, slots=True)
class Definitions:
    """The shorter texts, empty where one stays, the tokens that they take away, and a note about it."""

    texts: tuple[str, ...]
    tokens: int
    note: StepNote


def shorter(texts: Sequence[str], settings: OptimizationSettings, count: Count, alike: Alike, name: str) -> Definitions:
    """What is left of the texts of a request's tools. `name` tells what counts tokens, by which results are remembered."""
    if not texts:
        return _noted((), 0, "nothing_found", "The request declares no tools that are described.")
    if sum(map(len, texts)) > MOST_BYTES:
        return _noted((), 0, "gated", f"Descriptions of more than {MOST_BYTES >> 10} KiB are left as they are.")
    made = plan(settings)
    made_of = f"{sorted(_STEPS & made.running)} {made.min_similarity}"
    steps = [
        step
        for step in text_steps(made, "instructions", partial(_similar, alike, made.min_similarity))
        if step.name in _STEPS
    ]

    def one(text: str) -> tuple[str, int]:
        done: list[Done] = []
        after = reword(text, steps, count, partial(_similar, alike, made.min_similarity), done)
        saved = count(text) - count(after)
        return (after, saved) if saved > 0 else ("", 0)

    found = [
        current().get((STEP, name, made_of, text), partial(one, text)) if _may_change(text) else ("", 0)
        for text in texts
    ]
    tokens = sum(saved for _, saved in found)
    if not tokens:
        return _noted((), 0, "nothing_found", "No description says anything that fewer words would say.")
    changed = sum(bool(text) for text, _ in found)
    return _noted(
        tuple(text for text, _ in found), tokens, "applied", f"{changed} of {len(texts)} descriptions are shorter."
    )


def off(reason: str) -> Definitions:
    """Nothing is shortened, for a reason."""
    return _noted((), 0, "off", reason)


def _may_change(text: str) -> bool:
    if len(text) > _LONGEST or len(_WORD.findall(text)) < _FEWEST_WORDS:
        return False
    return _TO_THE_LETTER.search(text) is None


def _noted(texts: tuple[str, ...], tokens: int, outcome: Outcome, reason: str) -> Definitions:
    return Definitions(texts, tokens, StepNote(step=STEP, lever="tools", outcome=outcome, tokens=tokens, reason=reason))


def _similar(alike: Alike, least: float, before: str, after: str) -> bool:
    return alike(before, after) >= least
