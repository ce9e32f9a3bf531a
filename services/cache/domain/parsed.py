"""A question taken apart, for every comparison it takes part in."""

import re
from collections import Counter
from collections.abc import Mapping
from functools import cached_property, lru_cache
from itertools import pairwise

from services.cache.domain import roles
from services.cache.domain.language import english
from services.cache.domain.lexicon import PRONOUNS, is_content
from services.cache.domain.normalise import clean, normalise, plain, repeat_form
from services.cache.domain.stem import stem
from services.cache.domain.synonyms import INTERCHANGED, LEADING, MENTIONS, sense
from services.cache.domain.tokens import QUOTED, Kind, Token, tokenise

_REMEMBERED_LETTERS = 400
_LONGEST_TERM = 3
_AROUND_QUOTED = '`"“” .,;:!?'
# What stands around a term where nothing but the term is asked for.
_AROUND_TERMS = frozenset({"what", "who", "is", "are", "the", "a", "an", "does", "do", "explain", "work", "works"})
_SHOUTED = re.compile(r"\b[A-Z]{2,}\b")


class Parsed:
    """What the vetoes look at. Each part is made when it is first looked at, as most pairs fail early. Equal only to itself."""

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def _tokens(self) -> tuple[Token, ...]:
        return tokenise(self._text)

    @cached_property
    def english(self) -> bool:
        """Whether it is surely written in English."""
        return english(self._text)

    @cached_property
    def form(self) -> str:
        """The form that is embedded."""
        return normalise(self._text)

    @cached_property
    def repeat(self) -> str:
        """The form of a text that nothing is known about."""
        return repeat_form(self._text)

    @cached_property
    def words(self) -> tuple[str, ...]:
        """All words in order, lower case."""
        return tuple(token.text for token in self._tokens if token.kind == "word")

    @cached_property
    def last(self) -> str:
        """What it ends with."""
        return next((token.text for token in reversed(self._tokens) if token.kind != "mark"), "")

    @cached_property
    def present(self) -> frozenset[str]:
        """The words, each once."""
        return frozenset(self.words)

    @cached_property
    def content(self) -> tuple[str, ...]:
        """The stems of the words that carry meaning, in order; synonyms have one."""
        return tuple(sense(word) for word in self.words if is_content(word))

    @cached_property
    def stems(self) -> frozenset[str]:
        """Those stems, each once."""
        return frozenset(self.content)

    @cached_property
    def single(self) -> frozenset[str]:
        """The stems that "a" or "an" stands before, with at most a word between."""
        return frozenset(
            sense(word)
            for at, article in enumerate(self.words)
            if article in {"a", "an"}
            for word in self.words[at + 1 : at + 3]
        )

    @cached_property
    def several(self) -> frozenset[str]:
        """The stems of the words that are a plural."""
        return frozenset(sense(word) for word in self.words if word.endswith("s") and stem(word) == stem(word[:-1]))

    @cached_property
    def chosen(self) -> tuple[str, ...]:
        """The stems of the words that a synonym could stand for, as they were chosen, in order."""
        return tuple(base for word in self.words if is_content(word) and (base := stem(word)) in INTERCHANGED)

    @cached_property
    def about_words(self) -> bool:
        """Whether a synonym would be another question: a word is asked about, a term of two or three words is, or two words that
        mean the same stand beside each other.
        """
        return (
            not MENTIONS.isdisjoint(self.present)
            or len({sense(word) for word in self.words if stem(word) in INTERCHANGED}) < len(set(self.chosen))
            or _is_term((*self.words, *self.literals))
        )

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
    def linked(self) -> Mapping[tuple[str, str], str]:
        """What stands between two neighbouring stems: a preposition that a verb takes, or nothing."""
        return roles.linked(self.words)

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
        return frozenset(sense(word) for word in self.titled)

    @cached_property
    def numbers(self) -> tuple[str, ...]:
        """In canonical form, sorted as texts."""
        return self._sorted("number")

    @cached_property
    def literals(self) -> tuple[str, ...]:
        """As written."""
        return self._sorted("literal")

    @cached_property
    def quoted(self) -> frozenset[str]:
        """The words that stand in quotation marks, lower case; code in backticks is a literal already."""
        marked = [quoted[0] for quoted in QUOTED.finditer(self._text) if not quoted[0].startswith("`")]
        return frozenset(token.text for text in marked for token in tokenise(text) if token.kind == "word")

    @cached_property
    def quotations(self) -> tuple[str, ...]:
        """What stands in quotation marks, in order, in small letters and without marks around it."""
        found = (" ".join(quoted[0].lower().split()) for quoted in QUOTED.finditer(self._text))
        return tuple(text.strip(_AROUND_QUOTED) for text in found)

    @cached_property
    def leading(self) -> frozenset[str]:
        """The stems of the words that say nothing where they stand: "the process of", "in fact"."""
        pairs = set(pairwise(self.words))
        found = {first for first, second in pairs if LEADING.get(first) == second}
        return frozenset(map(sense, found | ({"fact"} if ("in", "fact") in pairs else set())))

    @cached_property
    def bearing(self) -> frozenset[str]:
        """The stems of the words that have somebody behind them: "get somebody to pay" is not "pay"."""
        return frozenset(
            sense(word) for word, behind in pairwise(self.words) if behind in PRONOUNS and is_content(word)
        )

    @cached_property
    def shouted(self) -> frozenset[str]:
        """The words all in upper case that would be grammar in lower case; none where everything is upper case."""
        if self._text.isupper():
            return frozenset()
        return frozenset(word for word in _SHOUTED.findall(clean(self._text)) if not is_content(word.lower()))

    @cached_property
    def cased(self) -> str:
        """The text as it was written, without its courtesies."""
        return plain(self._text)

    @cached_property
    def accented(self) -> frozenset[str]:
        """The words that hold a letter of no plain alphabet."""
        return frozenset(word for word in self.words if not word.isascii())

    def _sorted(self, kind: Kind) -> tuple[str, ...]:
        return tuple(sorted(token.text for token in self._tokens if token.kind == kind))


def parse(text: str) -> Parsed:
    """Take `text` as it was written: upper case tells names. Recent questions are remembered, as candidates come back; long ones
    are taken apart each time, for what is made of them takes many times their room.
    """
    return _remembered(text) if len(text) <= _REMEMBERED_LETTERS else Parsed(text)


@lru_cache(maxsize=1024)
def _remembered(text: str) -> Parsed:
    return Parsed(text)


def _is_term(words: tuple[str, ...]) -> bool:
    """Whether all that is asked is what "a hard drive" or "quick sort" is; "the fastest car" is no term."""
    bare = [word for word in words if word not in _AROUND_TERMS]
    return 1 < len(bare) <= _LONGEST_TERM and all(is_content(word) and not word.endswith("est") for word in bare)


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
