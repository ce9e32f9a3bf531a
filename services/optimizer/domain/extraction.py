"""Of many documents beside a question, those that may answer it."""

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

from services.optimizer.domain.documents import Document, around, documents, subject
from services.optimizer.domain.english import may_be_english
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

_STEPS = 2
# More than this is no question with documents beside it: each is compared with each.
MOST_DOCUMENTS, MOST_QUESTIONS, _LONGEST_QUESTION, _MOST_NAMED = 500, 40, 4_000, 64
_QUESTION_NAME = re.compile(
    r"(?<=[\w,;:\"“«(] )[A-Z][\w'’-]+(?: (?:& )?[A-Z][\w'’-]+)*|(?<=[\"“«(])[A-Z][\w'’-]+(?: [A-Z][\w'’-]+)*"
)
_SHORTEST_NAME = 4
_FEW = 1
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
    r"how many (?:of|people|towns|cities|names|dates|document|passage|source|result|article|text)\w*)\b",
    re.IGNORECASE,
)
# In a question: what no single document answers.
_SEVERAL = re.compile(
    r"\b(?:"
    r"everything|anything|anywhere|others?|them|common|contradict\w*|theme\w*|timeline|table|extract\w*|mention\w*|key points|quiz|"
    r"earliest|oldest|latest|newest|youngest|longest|shortest|which (?:of|years|towns|cities|people|names|dates|countries|ones)|"
    r"name (?:the|all|each)|go on|json|bullet\w*"
    r")\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"\w+")
_JSON_NAME = re.compile(r"\"\s*:")
_MARKUP = re.compile(r"<[/?!\w]")
_FIELD_SIGNS = re.compile(r"[\n<>\"]")
_MOST_TAGS, _MOST_NAMES, _SENTENCE_WORDS = 3, 8, 20
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


def extract(text: str, before: str | None, since: Sequence[str], count: Count, nearness: Nearness) -> Extracted:
    """Leave out the documents that have least to do with what was asked, and say how many.

    The question stands in the text beside the documents, or is the user turn `before` it; what was asked `since` counts too.
    Whole documents go or stay, and the best three always stay.
    """
    found = documents(text)
    if len(found) < FEWEST_DOCUMENTS or _MARK in text:
        return Extracted(text)
    passages = [text[d.start : d.end] for d in found]
    beside = around(text, found)
    kept = choose(passages, beside, before, since, count, nearness)
    return Extracted(text, kept) if isinstance(kept, str) else Extracted(_without(text, found, kept))


def choose(
    passages: Sequence[str], beside: str, before: str | None, since: Sequence[str], count: Count, nearness: Nearness
) -> set[int] | str:
    """Which of the passages stay, or why all do."""
    if len(passages) > MOST_DOCUMENTS or len(since) > MOST_QUESTIONS:
        return "there are too many documents, or turns behind them, to compare"
    if count("".join(passages)) < FEWEST_TOKENS:
        return f"the documents have fewer than {FEWEST_TOKENS} tokens"
    if not all(map(_tells, passages)):
        return "they are records and no passages"
    first = _question(beside) or (_question(before) if before is not None else None)
    questions = [first, *(_question(said) for said in since)]
    if first is None and not since:
        return "no question was found"
    if any(question and len(question) > _LONGEST_QUESTION for question in questions):
        return "a question is too long to be read as one"
    several = any(_WHOLE.search(question) or _SEVERAL.search(question) for question in questions if question)
    if several or _WHOLE.search(beside):
        return "the task may need every document"
    asked = [question for question in questions if question is not None]
    if not all(map(may_be_english, asked)):
        return "the question may not be English, and what it needs is read from its words"
    if len(asked) < len(questions) - (first is None):
        return "a later turn may need every document"
    kept = {i for question in asked for i in _named(question, passages, _kept(question, passages, nearness))}
    return kept if len(kept) < len(passages) else "no document stands out"


def _tells(passage: str) -> bool:
    """Whether a passage says something in sentences. A record of fields, or an entry in a list of titles, does not."""
    if passage.count("</") > _MOST_TAGS or len(_JSON_NAME.findall(passage)) > _MOST_NAMES:
        return False
    return any(len(_WORD.findall(piece)) >= _SENTENCE_WORDS for piece in _FIELD_SIGNS.split(passage))


def left_out(gone: int, of: int) -> str:
    """What stands where documents were."""
    return f"[{gone} of {of} {_MARK}: unrelated to the question.]"


def _question(text: str) -> str | None:
    labelled = [match["said"] for match in _LABELLED.finditer(text)]
    if labelled:
        return labelled[-1]
    asked = _ASKING.findall(text)
    if asked:
        return str(asked[-1]).strip()
    return text.strip() if 0 < len(_WORD.findall(text)) <= _SHORT and not _MARKUP.search(text) else None


def _kept(question: str, texts: Sequence[str], nearness: Nearness) -> list[int]:
    """Those that have most to do with the question, the best first."""
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
    return [i for place, i in enumerate(order) if place < ALWAYS_KEPT or scores[i] >= least]


def _named(question: str, texts: Sequence[str], kept: Sequence[int]) -> set[int]:
    """With every document that a kept one names, and what those name: an answer may take more than one step.

    The first step is taken from those that name whom or what the question names, or from the best.
    """
    subjects = _spellings(texts)
    names = (match.group() for match in _QUESTION_NAME.finditer(question))
    asked = list(islice((name for name in names if len(name) >= _SHORTEST_NAME), _MOST_NAMED))
    naming = {i for i in kept if any(name in texts[i] for name in asked)}
    found = set(kept)
    told = naming or set(kept[:ALWAYS_KEPT])
    for step in range(_STEPS):
        said = "\n".join(texts[i] for i in told)
        words = set(_WORD.findall(said))
        # Further away only whole names count: a word in common is more and more often chance.
        told = {
            i
            for i, spelt in enumerate(subjects)
            if any(_says(name, said, words) for name in (spelt[:1] if step else spelt))
        } - told
        found |= told
    return found


def _spellings(texts: Sequence[str]) -> list[list[str]]:
    """How others may write what each text is about: whole, with an initial, or by a word of it that few texts hold."""
    subjects = [subject(text) for text in texts]
    words = [
        [word for word in _WORD.findall(name) if len(word) >= _SHORTEST_NAME and word[0].isupper()] for name in subjects
    ]
    often = Counter(word for text in texts for word in set(_WORD.findall(text)))
    spelt = []
    for name, own in zip(subjects, words, strict=True):
        parts = name.split()
        initial = [f"{parts[0][0]}. {parts[-1]}"] if len(parts) > 1 else []
        spelt.append(
            [one for one in (name, *initial, *(w for w in own if often[w] <= _FEW)) if len(one) >= _SHORTEST_NAME]
        )
    return spelt


def _says(name: str, said: str, words: set[str]) -> bool:
    return name in words if name.isalnum() else name in said


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
    note = left_out(gone, len(found)) + "\n"
    return shorter[: found[0].start] + note + shorter[found[0].start :]
