"""What in a prompt speaks for a hard or an easy request: counts with names, no weights."""

import re

from services.router.domain import vocabulary as words
from services.router.domain.parsed_prompt import ParsedPrompt
from services.router.domain.text_features import text_features

_HARD = ("proof", "mathematics", "code", "engineering", "reasoning", "supposition", "expertise")
_TOPICS = ("code", "expertise", "engineering", "mathematics")
NAMES = (
    *words.PATTERNS,
    *("shown_code", "numbered", "quantities", "lookup", "figures", "smalltalk", "premises", "long_words", "length"),
)


def signals(prompt: ParsedPrompt) -> dict[str, float]:
    """The strength of each signal that is there, by its name in `NAMES`. Counts are capped, so that none grows with length alone."""
    ask = prompt.request_text
    found = {name: min(len(set(pattern.findall(ask))), 4.0) for name, pattern in words.PATTERNS.items()}
    # A wish about words is easy, until it comes with conditions.
    found["wording"] = min(found["wording"], 1.0) * (0.5 if found["limits"] else 1.0)
    found["shown_code"] = min(len(words.FENCED.findall(prompt.text)), 2.0)
    found["numbered"] = min(len(words.NUMBERED.findall(prompt.text)), 4.0) / 2
    hard = sum(found[name] for name in _HARD)
    if prompt.words <= words.PROBLEM_WORDS and words.AMOUNT_ASKED.search(prompt.text):
        found["quantities"] = max(min(len(words.NUMBER.findall(prompt.text)), 6) - 2, 0) / 2
        hard += found["quantities"]
    ask_words = ask.count(" ") + 1
    topic = sum(found[name] for name in _TOPICS)
    named_only = hard == topic and ask_words <= words.TOPIC_WORDS and not words.YES_OR_NO.match(ask)
    plain = not hard or named_only
    single = not words.CLAUSE_END.search(ask)
    if single and plain and ask_words <= words.LOOKUP_WORDS and not found["planning"] and not words.OPEN.search(ask):
        # With two numbers in it a question is a small problem, unless it is plain arithmetic.
        found["lookup"] = float(bool(words.LOOKUP.match(ask)) and len(words.NUMBER.findall(ask)) < 2)
        found["figures"] = float(bool(words.FIGURES.search(ask)))
    if found.get("lookup"):
        found |= dict.fromkeys(_TOPICS, 0.0)
    brief_or_framed = prompt.words <= 12 or prompt.words > 60
    if prompt.only_courtesy or (not hard and brief_or_framed and words.SMALLTALK.search(ask)):
        found["smalltalk"] = 1.0
    if prompt.words <= 120 and ask.endswith("?"):
        found["premises"] = min(len(words.CLAUSE_END.findall(ask)), 3) * bool(words.QUANTIFIED.search(ask)) / 2
    letters = [len(word) for word in re.findall(r"[a-z]{4,}", ask)]
    if len(letters) >= 4:
        found["long_words"] = min(max(sum(letters) / len(letters) - 6.2, 0.0), 2.0)
    found["length"] = min(max(prompt.words - 400, 0) / 1600, 1.0)
    return {name: float(value) for name, value in found.items() if value}


def features_of(prompt: ParsedPrompt, found: dict[str, float] | None = None) -> tuple[float, ...]:
    """The numbers that the gain is told from, in the order of `weights.FEATURES`."""
    found = signals(prompt) if found is None else found
    return (*text_features(prompt), *(found.get(name, 0.0) for name in NAMES))
