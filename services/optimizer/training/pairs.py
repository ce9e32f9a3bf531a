"""Texts beside what became of them: by our own rules, by words and sentences left out, and by chance."""

import random
import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple

from libs.common.tokens import count_text
from services.optimizer.domain.rewriting import fixed_point
from services.optimizer.domain.single_text import steps
from services.optimizer.domain.wording import LIKELY

_SENTENCE_ENDS = re.compile(r"(?<=[.!?])\s+")
_OPENERS = [phrase.wordy for phrase in LIKELY if not phrase.said]
_WORDS_LEFT_OUT = (0.03, 0.06, 0.1, 0.2, 0.4)


class Pair(NamedTuple):
    """`kind` is what was done: "rules", "words", "sentence" or "other"."""

    kind: str
    before: str
    after: str


def pairs(texts: Sequence[str], seed: int) -> Iterator[Pair]:
    """Some six pairs for each text, the same for the same seed."""
    dice = random.Random(seed)  # noqa: S311 – a sample, not a secret
    for text in texts:
        yield from rewritten(text)
        yield from rewritten(_padded(text, dice))
        share = dice.choice(_WORDS_LEFT_OUT)
        fewer = " ".join(word for word in text.split(" ") if dice.random() > share)
        if fewer.strip() and fewer != text:
            yield Pair("words", text, fewer)
        sentences = _SENTENCE_ENDS.split(text)
        if len(sentences) > 2:
            del sentences[dice.randrange(len(sentences))]
            yield Pair("sentence", text, " ".join(sentences))
        other = dice.choice(texts)
        if other != text:
            yield Pair("other", text, other)


def rewritten(text: str) -> Iterator[Pair]:
    """What the steps make of a text: all of them, then fewer."""
    seen = {text}
    for threshold in (0.0, 0.85, 0.95):
        after = fixed_point(text, steps(threshold, lambda *_: True), partial(count_text, "gpt-4o"), [])
        if after not in seen:
            seen.add(after)
            yield Pair("rules", text, after)


def _padded(text: str, dice: random.Random) -> str:
    """The text as somebody wordy would say it: every other sentence with an opener that carries nothing."""
    sentences = _SENTENCE_ENDS.split(text)
    return " ".join(
        f"{dice.choice(_OPENERS).capitalize()} {sentence[0].lower()}{sentence[1:]}"
        if sentence and dice.random() < 0.5
        else sentence
        for sentence in sentences
    )
