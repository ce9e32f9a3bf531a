"""Which languages a prompt is written in, and whether they are among those that the router has words for."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

SPACED = ("en", "de", "es", "fr")
# A vowel sign of Devanagari is no letter to Python, though it is part of the word.
# Han and kana are written without blanks: what stands between two other signs is no word there.
WORD = re.compile(r"(?:[^\W_\u3041-\u30ff\u3400-\u9fff]|[\u0900-\u0963\u0970-\u097f\u200d])+")
_ACCENTS = re.compile(r"[\u0300-\u036f]")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_KANA = re.compile(r"[\u3041-\u309f\u30a1-\u30ff]")
_DEVANAGARI = re.compile(r"[\u0900-\u0963\u0970-\u097f]")
_LATIN = re.compile(r"[a-z]")
_LETTER = re.compile(r"[^\W\d_]")
_LEAST_SHARE = 0.6  # of the letters, in scripts that there are words for
_ENDING = re.compile(r"'[^\W\d_]+")
_LEAST_COMMON = 0.08  # of the words; code and lists of names have few
_SIGNS_A_WORD = 1.8
_KANA_SHARE = 0.08  # Japanese has some kana in every sentence; a Chinese text quotes one at most


def fold(text: str) -> str:
    """Lower case, without accents, in one width, with single blanks: how words are compared."""
    apart = unicodedata.normalize("NFKD", text.casefold().replace("’", "'"))
    return " ".join(unicodedata.normalize("NFKC", _ACCENTS.sub("", apart)).split())


@dataclass(frozen=True, slots=True)
class Tongue:
    """The languages found, and how many words the text has; `known`: nearly all of it is in these."""

    languages: tuple[str, ...]
    words: float
    known: bool


def language_of(folded: str, common: Mapping[str, frozenset[str]]) -> Tongue:
    """Tell the languages of a folded text; `common` holds words by which each that is written with blanks is known."""
    han, kana, nagari = (len(found.findall(folded)) for found in (_HAN, _KANA, _DEVANAGARI))
    latin, letters = len(_LATIN.findall(folded)), len(_LETTER.findall(folded))
    words = WORD.findall(folded)
    found: list[str] = []
    # What stands behind an apostrophe is an ending in many languages, and looks like a word of another.
    spaced = _latin_language(WORD.findall(_ENDING.sub("", folded)), common) if latin else None
    if spaced is not None:
        found.append(spaced)
    if han + kana:
        found.append("ja" if kana >= _KANA_SHARE * (han + kana) else "zh")
    if nagari:
        found.append("hi")
    # Names and terms in Latin letters stand in texts of every script.
    read = (latin if found else 0) + han + kana + nagari
    count = (han + kana) / _SIGNS_A_WORD + len(words)
    return Tongue(tuple(found), count, known=bool(found) and read >= _LEAST_SHARE * max(letters, nagari))


def _latin_language(words: list[str], common: Mapping[str, frozenset[str]]) -> str | None:
    """The language with the most common words; None where a language without word lists has as many, or none has any."""
    hits = {name: sum(word in known for word in words) for name, known in common.items()}
    best = max(SPACED, key=lambda name: hits.get(name, 0))
    enough = max(1.0, _LEAST_COMMON * len(words))
    return best if hits.get(best, 0) > hits.get("other", 0) and hits[best] >= enough else None
