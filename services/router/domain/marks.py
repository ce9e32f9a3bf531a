"""A prompt as the judge sees it: what is asked of whom, in numbers that mean the same in every language."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.router.domain.language import Tongue, fold, language_of
from services.router.domain.words import Words

# What is asked stands at the ends of a long prompt; the middle is what it is asked about.
_HEAD, _TAIL = 3_000, 1_500
_SHORT = 60.0  # words: all of a prompt of this length is read as what is asked
_EDGE = 2
_FEW = 12.0
_MOST = 4
_SENTENCE_END = re.compile(r"(?<=[.!?:।])\s+|(?<=[。！？!?।])(?=\S)|(?<=\S\.)(?=[\u3400-\u9fff])")
_WANTS = (
    *("lookup", "why", "explain", "proof", "reasoning", "planning", "writing", "wording", "picking", "summarise"),
    *("mending", "act"),
)
# Words that stories and letters use as well do not make a sentence of a long text a wish, unless nothing else does.
_PLAINLY = tuple(name for name in _WANTS if name not in ("lookup", "writing", "act"))
_ABOUT_TEXT = ("wording", "picking", "summarise")
_COUNTED = {
    "numbers": re.compile(r"\d[\d.,:]*"),
    "symbols": re.compile(r"[=^<>|∫∑√≤≥≠∀∃∈+*/]|(?<![a-z'])[a-z]\([a-z]|(?<![\w'])[b-hj-z](?![\w'])"),
    "code_signs": re.compile(r"[`{};]|\(\)|->|=>|::|\w\(\w*\)|\w_\w|\w\.\w+\("),
    "commas": re.compile(r"[,、;]"),
    "questions": re.compile(r"\?"),
    "quotes": re.compile(r"[\"«»「」“”]"),
    "sources": re.compile(r"\[\d+\]"),
}
_HARD = (
    *("proof", "mathematics", "engineering", "reasoning", "planning", "expertise", "limits", "steps", "supposition"),
    *("puzzle", "mending"),
)
_EASY = ("lookup", "wording", "picking", "brief", "smalltalk", "summarise")
_TOPICS = ("code", "mathematics", "engineering", "expertise")
_WORK = tuple(name for name in _HARD if name not in _TOPICS)
_TASKS = ("proof", "mathematics", "engineering", "reasoning", "planning", "mending", "code")
_NAMED = 5.0  # words
_QUOTED = re.compile(r"[\"“„«「『][^\"”“»」』]{2,400}[\"”“»」』]")
FORM = ("asked_words", "all_words", "pasted", "sentences", *_COUNTED, "fenced", "hard_kinds", "easy_kinds", "colon")
PLAIN = ("only_easy", "only_about_text", "short_and_easy")


def names(words: Words) -> tuple[str, ...]:
    """What the numbers of `Marks.values` stand for."""
    return (*words.concepts, *FORM, *PLAIN)


@dataclass(frozen=True, slots=True)
class Marks:
    """`found` are the terms of each concept in what is asked; `values` go with `names`. `known`: there are words for the
    language, and something is asked in it. `buried`: a long prompt wishes nothing plain at its ends, and speaks of work between.
    """

    tongue: Tongue
    asked: str
    found: Mapping[str, set[str]]
    values: tuple[float, ...]
    buried: bool = False

    @property
    def known(self) -> bool:
        """Whether a judgement means anything."""
        return self.tongue.known


def marks(prompt: str, words: Words) -> Marks:
    """Read a prompt; case, blanks and accents make no difference."""
    size, cut = len(prompt), len(prompt) > 4 * (_HEAD + _TAIL)
    folded = fold(f"{prompt[: 2 * _HEAD]} {prompt[-2 * _TAIL :]}" if cut else prompt)
    size = size if cut else len(folded)
    read = folded if len(folded) <= _HEAD + _TAIL else f"{folded[:_HEAD]} {folded[-_TAIL:]}"
    whole = language_of(read, words.common)
    total = whole.words * max(size / max(len(read), 1), 1.0)
    asked = _bare(read if total <= _SHORT else _asked(read, whole, words), whole, words)
    spoken = whole if asked is read else language_of(asked, words.common)
    if not spoken.known and whole.known:
        spoken = whole
    found = words.find(asked, spoken.languages)
    counts = {concept: float(min(len(found.get(concept, ())), _MOST)) for concept in words.concepts}
    if any(counts[name] for name in _WANTS):
        counts["smalltalk"] = 0.0  # "thanks" behind a wish is no small talk
    asked_words = spoken.words
    if asked_words <= _NAMED and (counts["lookup"] or counts["explain"]) and not any(counts[name] for name in _WORK):
        counts |= dict.fromkeys(_TOPICS, 0.0)  # what is only named, and can be looked up, is not worked on
    pasted = 1 - min(asked_words / max(total, 1.0), 1.0)
    hard, easy = (float(sum(counts[name] > 0 for name in kinds)) for kinds in (_HARD, _EASY))
    form = (
        math.log1p(asked_words),
        math.log1p(total),
        pasted,
        float(min(len(_SENTENCE_END.findall(asked)) + 1, 8)),
        *(math.log1p(len(pattern.findall(asked))) for pattern in _COUNTED.values()),
        float("```" in read),
        hard,
        easy,
        float(": " in asked),
    )
    plain = float(easy > 0 and hard == 0)
    about_text = any(counts[name] for name in (*_ABOUT_TEXT, "lookup"))
    together = (plain, pasted * plain * about_text, plain * (asked_words <= _FEW))
    wish = any(name in found for name in (*_ABOUT_TEXT, "lookup"))
    buried = total > _SHORT and not wish and len(words.find(read, whole.languages).keys() & set(_TASKS)) > 1
    return Marks(tongue=spoken, asked=asked, found=found, values=(*counts.values(), *form, *together), buried=buried)


def _asked(read: str, whole: Tongue, words: Words) -> str:
    """The sentences at both ends of a long prompt that want something; else the shorter of the two ends."""
    sentences = [one for one in _SENTENCE_END.split(read) if one.strip()]
    edges = sentences if len(sentences) <= 2 * _EDGE else sentences[:_EDGE] + sentences[-_EDGE:]
    for least in (_PLAINLY, _WANTS):
        wanting = [one for one in edges if "?" in one or _wants(one, whole, words, least)]
        if wanting:
            return " ".join(wanting)
    return min(edges[0], edges[-1], key=len) if edges else read


def _bare(asked: str, whole: Tongue, words: Words) -> str:
    """What is asked without the words that it is only asked about: a quotation, or what a wish about a text ends in."""
    bare = _QUOTED.sub(' "" ', asked)
    if not words.find(bare, whole.languages):
        return asked
    before, colon, behind = bare.partition(": ")
    found = words.find(before, whole.languages)
    if colon and any(name in found for name in _ABOUT_TEXT) and not any(name in found for name in _HARD):
        *_, last = _SENTENCE_END.split(behind)
        return f"{before}: {last if last != behind and _wants(last, whole, words) else ''}"
    return bare


def _wants(sentence: str, whole: Tongue, words: Words, concepts: Sequence[str] = _WANTS) -> bool:
    found = words.find(sentence, whole.languages)
    return any(name in found for name in concepts)
