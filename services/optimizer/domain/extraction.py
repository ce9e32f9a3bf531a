"""Of many documents beside a question, those that may answer it."""

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from services.optimizer.domain.documents import Document, around, documents
from services.optimizer.domain.rewriting import Count

FEWEST_DOCUMENTS = 4
FEWEST_TOKENS = 800
ALWAYS_KEPT = 3

Nearness = Callable[[str, Sequence[str]], list[float]]

# What a document's score is made of beside shared words (one, for the document that shares most): how near it is to the
# question in meaning, as a whole and in its nearest sentence, its opening words, and pairs of neighbouring words. Then how
# far above the lowest score it must be, as a share of the way to the best. Chosen on questions 1 to 600 of the data that
# `make bench-optimizer` takes from question 651 on.
_WHOLE_NEAR, _SENTENCE_NEAR, _OPENING, _NEIGHBOURS, _GAP = 1.5, 0.7, 0.3, 0.5, 0.27
_OPENING_WORDS = 12
_K1, _B = 1.2, 0.75

_MARK = "documents left out"
_LABELLED = re.compile(
    r"^[ \t]*(?:\*\*)?(?:question|query|user question)(?:\*\*)?[ \t]*:[ \t]*(?P<said>\S[^\n]*)",
    re.IGNORECASE | re.MULTILINE,
)
_ASKING = re.compile(r"[^\n.!?]{3,400}\?")
_SHORT = 40
# What needs everything that there is, or changes what it is given.
_WHOLE = re.compile(
    r"\b(?:summar\w*|overview|outline|translat\w*|count|compar\w*|contrast\w*|differen\w*|rank|sort|classif\w*|"
    r"all|every|each|both|entire|whole|complete|list|merge|combin\w*|synthes\w*|across|rewrit\w*|proofread\w*|edit|"
    r"how many (?:of|document|passage|source|result|article|text)\w*)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"\w+")
_SENTENCE_ENDS = re.compile(r"(?<=[.!?])\s+")
_COMMON = frozenset(
    "a an the of in on to and or is was were are be been by for with at from as that this it its who whom whose what"
    " when where which how why do does did has have had will would can could should i me my we our you your".split()
)


@dataclass(frozen=True, slots=True)
class Extracted:
    """The text, shorter or as it was, and where a gate kept it so, which."""

    text: str
    gate: str = ""


def extract(text: str, around_it: Sequence[str], count: Count, nearness: Nearness) -> Extracted:
    """Leave out the documents that have least to do with the question, and say how many.

    The question stands in the text beside the documents, or is the user turn `before` it. Whole documents go or stay, and
    the best three always stay.
    """
    found = documents(text)
    if len(found) < FEWEST_DOCUMENTS or _MARK in text:
        return Extracted(text)
    if count("".join(text[d.start : d.end] for d in found)) < FEWEST_TOKENS:
        return Extracted(text, f"the documents have fewer than {FEWEST_TOKENS} tokens")
    beside = around(text, found)
    questions = [question for said in (beside, *around_it) if (question := _question(said))]
    if not questions:
        return Extracted(text, "no question was found")
    if _WHOLE.search(beside) or any(_WHOLE.search(question) for question in questions):
        return Extracted(text, "the task may need every document")
    passages = [text[d.start : d.end] for d in found]
    kept = {i for question in questions for i in _kept(question, passages, nearness)}
    if len(kept) == len(found):
        return Extracted(text, "no document stands out")
    return Extracted(_without(text, found, kept))


def _question(text: str) -> str | None:
    labelled = [match["said"] for match in _LABELLED.finditer(text)]
    if labelled:
        return labelled[-1]
    asked = _ASKING.findall(text)
    if asked:
        return str(asked[-1]).strip()
    return text.strip() if 0 < len(_WORD.findall(text)) <= _SHORT else None


def _kept(question: str, texts: Sequence[str], nearness: Nearness) -> set[int]:
    asked, stems = _stems(question), [_stems(text) for text in texts]
    sentences = [_SENTENCE_ENDS.split(text) for text in texts]
    near = iter(nearness(question, [sentence for one in sentences for sentence in one]))
    nearest = [max(next(near) for _ in one) for one in sentences]
    scores = [
        words + _WHOLE_NEAR * whole + _SENTENCE_NEAR * part + _OPENING * opening + _NEIGHBOURS * pairs
        for words, whole, part, opening, pairs in zip(
            _shared_words(asked, stems),
            nearness(question, texts),
            nearest,
            _shared_words(asked, [one[:_OPENING_WORDS] for one in stems]),
            _shared_neighbours(asked, stems),
            strict=True,
        )
    ]
    order = sorted(range(len(texts)), key=lambda i: (-scores[i], i))
    least = scores[order[-1]] + _GAP * (scores[order[0]] - scores[order[-1]])
    return {i for place, i in enumerate(order) if place < ALWAYS_KEPT or scores[i] >= least}


def _shared_words(asked: Sequence[str], texts: Sequence[Sequence[str]]) -> list[float]:
    """BM25 of each text, the texts being the whole collection, as a share of the best."""
    counted = [Counter(text) for text in texts]
    mean = sum(map(len, texts)) / len(texts) or 1.0
    scores = [0.0] * len(texts)
    for word in dict.fromkeys(word for word in asked if word not in _COMMON):
        holding = sum(word in one for one in counted)
        weight = math.log(1 + (len(texts) - holding + 0.5) / (holding + 0.5))
        for i, one in enumerate(counted):
            if often := one[word]:
                scores[i] += weight * often * (_K1 + 1) / (often + _K1 * (1 - _B + _B * len(texts[i]) / mean))
    best = max(scores) or 1.0
    return [score / best for score in scores]


def _shared_neighbours(asked: Sequence[str], texts: Sequence[Sequence[str]]) -> list[float]:
    """The share of the question's pairs of neighbouring words that a text has too."""
    wanted = set(pairwise(asked))
    return [len(wanted & set(pairwise(one))) / max(1, len(wanted)) for one in texts]


def _stems(text: str) -> list[str]:
    return [_stem(word) for word in _WORD.findall(text.lower())]


def _stem(word: str) -> str:
    for ending in ("ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word


def _without(text: str, found: Sequence[Document], kept: set[int]) -> str:
    pieces, done = [], 0
    for i, document in enumerate(found):
        if i not in kept:
            pieces.append(text[done : document.start])
            done = document.end
    shorter = "".join((*pieces, text[done:]))
    gone = len(found) - len(kept)
    note = f"[{gone} of {len(found)} {_MARK}: unrelated to the question.]\n"
    return shorter[: found[0].start] + note + shorter[found[0].start :]
