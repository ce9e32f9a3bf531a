"""A question taken apart, for every comparison it takes part in."""

from collections import Counter
from collections.abc import Mapping
from functools import cached_property, lru_cache

from services.cache.domain import roles, tongue
from services.cache.domain.lexicon import is_content
from services.cache.domain.stem import stem
from services.cache.domain.tokens import Kind, Token, tokenise


class Parsed:
    """What the vetoes look at. Each part is made when it is first looked at, as most pairs fail early. Equal only to itself."""

    def __init__(self, text: str) -> None:
        self._tokens = tokenise(text)

    @cached_property
    def words(self) -> tuple[str, ...]:
        """All words in order, lower case."""
        return tuple(token.text for token in self._tokens if token.kind == "word")

    @cached_property
    def present(self) -> frozenset[str]:
        """The words, each once."""
        return frozenset(self.words)

    @cached_property
    def content(self) -> tuple[str, ...]:
        """The stems of the words that carry meaning, in order."""
        return tuple(stem(word) for word in self.words if is_content(word))

    @cached_property
    def stems(self) -> frozenset[str]:
        """Those stems, each once."""
        return frozenset(self.content)

    @cached_property
    def roles(self) -> tuple[str, ...]:
        """The same stems with numbers, in an order that phrasing does not change."""
        return roles.canonical(self._tokens)

    @cached_property
    def role_counts(self) -> Counter[str]:
        """How often each of them comes."""
        return Counter(self.roles)

    @cached_property
    def compounds(self) -> frozenset[tuple[str, str]]:
        """Pairs of stems that stand in one run of content words."""
        return roles.compounds(self.words)

    @cached_property
    def phrases(self) -> frozenset[tuple[str, str]]:
        """The pairs that "of", "in" and "for" join, put as a compound would put them."""
        return roles.phrases(self.words)

    @cached_property
    def joins(self) -> frozenset[frozenset[str]]:
        """The pairs that "and" joins."""
        return roles.joins(self.words)

    @cached_property
    def directions(self) -> Mapping[str, str]:
        """The preposition that points at a stem, literal or number."""
        return roles.directions([token.text for token in self._tokens if token.kind != "mark"])

    @cached_property
    def titled(self) -> tuple[str, ...]:
        """The words that begin with an upper-case letter where a sentence does not ask for one."""
        return tuple(_titled(self._tokens))

    @cached_property
    def names(self) -> frozenset[str]:
        """Their stems."""
        return frozenset(stem(word) for word in self.titled)

    @cached_property
    def numbers(self) -> tuple[str, ...]:
        """In canonical form, sorted as texts."""
        return self._sorted("number")

    @cached_property
    def literals(self) -> tuple[str, ...]:
        """As written."""
        return self._sorted("literal")

    @cached_property
    def foreign(self) -> bool:
        """Whether the grammar is not English."""
        return tongue.foreign(self.words)

    def _sorted(self, kind: Kind) -> tuple[str, ...]:
        return tuple(sorted(token.text for token in self._tokens if token.kind == kind))


@lru_cache(maxsize=4096)
def parse(text: str) -> Parsed:
    """Take `text` as it was written: upper case tells names. Recent ones are remembered, as candidates come back."""
    return Parsed(text)


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
