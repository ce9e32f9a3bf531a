"""The words of seven languages that say what a prompt wants: looked up, not matched one pattern after another."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from services.router.domain.language import WORD, fold

_UNSPACED = ("zh", "ja")
_LONGEST_STEM = 16
# What these say matters between turns; a first turn is not judged by them.
ABOUT_TURNS = ("confirm", "refer")


@dataclass(slots=True)
class _Entries:
    """One language's terms: whole words, stems, phrases by their first word, and signs that are looked for as they are."""

    words: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    stems: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    phrases: dict[str, list[tuple[tuple[str, ...], str]]] = field(default_factory=lambda: defaultdict(list))
    signs: list[tuple[str, str]] = field(default_factory=list)


class Words:
    """Concepts with their terms, from lines of concept, language and terms between commas; `term*` is a stem.

    `common` holds words that tell a language, `plain` those of them that say nothing else.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        self._by_language: dict[str, _Entries] = defaultdict(_Entries)
        concepts: dict[str, None] = {}
        common: dict[str, set[str]] = defaultdict(set)
        for line in lines:
            concept, language, terms = line.rstrip("\n").split("\t")
            named = [term.strip() for term in terms.split(",")]
            if concept == "common":
                common[language].update(map(fold, named))
                continue
            if concept not in ABOUT_TURNS:
                concepts[concept] = None
            for term in named:
                self._add(language, concept, term)
        self.plain: Mapping[str, frozenset[str]] = {name: frozenset(known) for name, known in common.items()}
        self.concepts = tuple(concepts)
        # A greeting or a question word tells a language as well as an article does.
        for language, entries in self._by_language.items():
            common[language].update(
                word for word, names in entries.words.items() if names - set(ABOUT_TURNS) or len(word) > 1
            )
        self.common: Mapping[str, frozenset[str]] = {name: frozenset(known) for name, known in common.items()}

    def find(self, folded: str, languages: Sequence[str]) -> dict[str, set[str]]:
        """The terms of each concept that a folded text holds."""
        found: dict[str, set[str]] = defaultdict(set)
        words = WORD.findall(folded)
        for language in languages:
            entries = self._by_language.get(language)
            if entries is None:
                continue
            for sign, concept in entries.signs:
                if sign in folded:
                    found[concept].add(sign)
            if language not in _UNSPACED:
                _spaced(entries, words, found)
        return found

    def _add(self, language: str, concept: str, term: str) -> None:
        entries = self._by_language[language]
        stem = term.endswith("*")
        folded = fold(term.rstrip("*"))
        parts = tuple(WORD.findall(folded))
        if language in _UNSPACED or re.search(r"[+#(§]", folded):
            entries.signs.append((folded, concept))
        elif len(parts) > 1:
            entries.phrases[parts[0]].append((parts, concept))
        elif stem:
            entries.stems[folded].add(concept)
        else:
            entries.words[folded].add(concept)


def _spaced(entries: _Entries, words: list[str], found: dict[str, set[str]]) -> None:
    for at, word in enumerate(words):
        for concept in entries.words.get(word, ()):
            found[concept].add(word)
        for length in range(3, min(len(word), _LONGEST_STEM) + 1):
            for concept in entries.stems.get(word[:length], ()):
                found[concept].add(word[:length])
        for phrase, concept in entries.phrases.get(word, ()):
            if tuple(words[at : at + len(phrase)]) == phrase:
                found[concept].add(" ".join(phrase))
