"""Vetoes against words that one question has and the other has not. Only what is known to be harmless may differ."""

from services.cache.domain import letter_case
from services.cache.domain.lexicon import is_content
from services.cache.domain.parsed import Parsed
from services.cache.domain.stem import lemmas, stem
from services.cache.domain.synonyms import HOLLOW, IMPLIED, sense


def exchanged(one: Parsed, other: Parsed) -> bool:
    """Inbound and outbound, lossy and lossless, include and exclude, one drug and the next: words that are no synonyms."""
    if one.chosen != other.chosen and (one.about_words or other.about_words):
        return True
    return bool(_said(one, other) and _said(other, one))


def added(one: Parsed, other: Parsed) -> bool:
    """The president and the vice president, bread and gluten-free bread: a word that narrows or moves what is asked."""
    return bool(_said(one, other) or _said(other, one))


def quoted(one: Parsed, other: Parsed) -> bool:
    """Words in quotation marks that the other question does not hold: what is translated, searched for, or spelled."""
    if one.quotations != other.quotations and one.quotations and other.quotations:
        return True
    return not (one.quoted <= other.present | other.quoted and other.quoted <= one.present | one.quoted)


def spelled(one: Parsed, other: Parsed) -> bool:
    """Plan and plane, human and humane: other words, which stemming makes one."""
    return _unrelated(one, other) or _unrelated(other, one)


def accents(one: Parsed, other: Parsed) -> bool:
    """Words that only an accent tells apart: the model drops it."""
    return one.accented != other.accented


def shouted(one: Parsed, other: Parsed) -> bool:
    """IT and it, WHO and who: upper case makes another word of one that carries no meaning."""
    return one.shouted != other.shouted


def cased(one: Parsed, other: Parsed) -> bool:
    """Polish and polish, mW and MW, -v and -V: words that only their case tells apart."""
    return one.cased != other.cased and letter_case.differ(one.cased, other.cased)


def _unrelated(one: Parsed, other: Parsed) -> bool:
    """Whether a word of one has the stem of words of the other, and is a form of none of them."""
    for word in one.present - other.present:
        alike = [found for found in other.present if stem(found) == stem(word)] if is_content(word) else []
        if alike and all(lemmas(word).isdisjoint(lemmas(found)) for found in alike):
            return True
    return False


def _said(one: Parsed, other: Parsed) -> list[str]:
    """The words that only the first question has, and that say something there."""
    new = (
        one.stems
        - other.stems
        - (HOLLOW - one.bearing)
        - one.leading
        - {sense(text.lower()) for text in other.literals}
    )
    return [
        word
        for at, word in enumerate(one.content)
        if word in new and not (at and word in IMPLIED and one.content[at - 1] in IMPLIED[word])
    ]
