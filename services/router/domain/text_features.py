"""A prompt in numbers: its size, its form, and what it is about. No single one decides anything; together they rank."""

import math
import re
from collections import Counter

from services.router.domain import topics
from services.router.domain.parsed_prompt import ParsedPrompt

# What is counted stays the same however long a prompt is from here on; only its size is measured whole.
_READ = 6_000

_WORD = re.compile(r"[^\W\d_]+")
_COUNTED = {
    "numbers": re.compile(r"\d[\d,.]*"),
    "money": re.compile(r"[$£€]\s?\d"),
    "operators": re.compile(r"[-+*/=<>^]\s?\d|\d\s?[-+*/=<>^]"),
    "formulas": re.compile(r"\\[a-z]+|\$[^$ ]+\$|[{}_^]"),
    "options": re.compile(r"(?:^| )\(?[a-e][.)] "),
    "sentences": re.compile(r"[.!?](?= |$)"),
    "denials": re.compile(r"\b(?:not|no|never|none|neither|nor|except|without|cannot|incorrect|false|least)\b|n't\b"),
}
_SIGNS = {"percents": "%", "brackets": "([", "commas": ",", "colons": ";:", "quotes": '"“”`', "questions": "?"}

NAMES = (
    *("size", "words", "word_length", "longest_word", "long_word_share", "short_word_share", "variety", "symbols"),
    *_COUNTED,
    *_SIGNS,
    *(f"about_{topic}" for topic in topics.NAMES),
)


def text_features(prompt: ParsedPrompt) -> tuple[float, ...]:
    """One number for each of `NAMES`: logarithms of counts, and shares from 0 to 1. Case, blanks and courtesies do not count."""
    text = prompt.body[:_READ]
    words = _WORD.findall(text)
    lengths = [len(word) for word in words]
    count = max(len(words), 1)
    about = Counter(topic for word in words for topic in topics.OF.get(word, ()))
    return (
        math.log1p(len(prompt.body)),
        math.log1p(prompt.words),
        min(sum(lengths) / count, 12.0),
        math.log1p(max(lengths, default=0)),
        sum(length >= 9 for length in lengths) / count,
        sum(length <= 3 for length in lengths) / count,
        len(set(words)) / count,
        sum(not sign.isalpha() and sign != " " for sign in text) / max(len(text), 1),
        *(math.log1p(len(pattern.findall(text))) for pattern in _COUNTED.values()),
        *(math.log1p(sum(text.count(sign) for sign in signs)) for signs in _SIGNS.values()),
        *(math.log1p(about[topic]) for topic in topics.NAMES),
    )
