"""A question taken apart once, for every comparison it takes part in."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from services.cache.domain.lexicon import is_content
from services.cache.domain.roles import canonical, compounds, directions, phrases
from services.cache.domain.stem import stem
from services.cache.domain.tokens import Token, tokenise
from services.cache.domain.tongue import foreign


@dataclass(frozen=True, slots=True)
class Parsed:
    """What the vetoes look at. `words` are all words in order, lower case; `content` the stems of those that carry
    meaning, in order, `roles` the same, with numbers, in an order that phrasing does not change; `compounds` and
    `phrases` the pairs of stems that stand side by side and those joined by "of" or "in"; `directions` the preposition
    that points at a stem; `names` the words that begin with an upper-case letter where a sentence does not ask for one.
    """

    words: tuple[str, ...]
    present: frozenset[str]
    content: tuple[str, ...]
    stems: frozenset[str]
    roles: tuple[str, ...]
    role_counts: Counter[str]
    compounds: frozenset[tuple[str, str]]
    phrases: frozenset[tuple[str, str]]
    directions: Mapping[str, str]
    names: frozenset[str]
    titled: tuple[str, ...]
    numbers: tuple[str, ...]
    literals: tuple[str, ...]
    foreign: bool


@lru_cache(maxsize=4096)
def parse(text: str) -> Parsed:
    """Take `text` as it was written: upper case tells names. Recent ones are remembered, as candidates come back."""
    tokens = tokenise(text)
    words = tuple(token.text for token in tokens if token.kind == "word")
    content = tuple(stem(word) for word in words if is_content(word))
    roles = canonical(tokens)
    titled = tuple(_titled(tokens))
    return Parsed(
        words=words,
        present=frozenset(words),
        content=content,
        stems=frozenset(content),
        roles=roles,
        role_counts=Counter(roles),
        compounds=compounds(words),
        phrases=phrases(words),
        directions=directions([token.text for token in tokens if token.kind != "mark"]),
        names=frozenset(stem(word) for word in titled),
        titled=titled,
        numbers=tuple(sorted(token.text for token in tokens if token.kind == "number")),
        literals=tuple(sorted(token.text for token in tokens if token.kind == "literal")),
        foreign=foreign(words),
    )


def _titled(tokens: tuple[Token, ...]) -> list[str]:
    """Words that a sentence's beginning does not account for. Where every word begins so, none of them tells anything."""
    words = [token for token in tokens if token.kind == "word"]
    if words and all(token.titled for token in words):
        words, tokens = [], ()
    found: list[str] = []
    starts = True
    for token in tokens:
        if token.kind == "word":
            if token.titled and not starts and is_content(token.text):
                found.append(token.text)
            starts = False
        elif token.kind == "mark":
            starts = token.text in ".!?:"
    return found
