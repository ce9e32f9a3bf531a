"""Reasons why one question's answer must not serve another one, however near their vectors are.

Each veto takes two parsed questions and says whether it objects. All are symmetric: an answer that may be served one
way may be served the other way.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Set
from itertools import pairwise

from services.cache.domain import lexicon, topics
from services.cache.domain import opposites as opposed
from services.cache.domain.exchanges import accents, added, cased, exchanged, quoted, shouted, spelled
from services.cache.domain.parsed import Parsed
from services.cache.domain.question import (
    acting,
    addressed,
    asked_too,
    has_auxiliary,
    kind,
    modals,
    past_stems,
    personal,
    persons_in_order,
    progressive_stems,
    reached,
    subjects,
    tense,
)

# With more content words than these, one that is exchanged for its like mostly leaves the vector where it was.
_LONG = 8

Veto = Callable[[Parsed, Parsed], bool]


def numbers(one: Parsed, other: Parsed) -> bool:
    """3 and 4, 5 % and 6 %, second and third."""
    return one.numbers != other.numbers


def units(one: Parsed, other: Parsed) -> bool:
    """Kilometres and miles, celsius and fahrenheit, 10 am and 10 pm."""
    return _classes(one, topics.UNITS) != _classes(other, topics.UNITS)


def amounts(one: Parsed, other: Parsed) -> bool:
    """One of a kind, and all of the kind: where something is ordered, that many are wanted."""
    if kind(one) or kind(other) or one.words == other.words:  # "a series", in both: one that looks like several
        return False
    return not (one.single.isdisjoint(other.several) and other.single.isdisjoint(one.several))


def dates(one: Parsed, other: Parsed) -> bool:
    """Weekdays, and months ("may" and "march" only as names)."""
    return _classes(one, topics.WEEKDAYS) != _classes(other, topics.WEEKDAYS) or _months(one) != _months(other)


def literals(one: Parsed, other: Parsed) -> bool:
    """Identifiers, versions, paths, operators: same only when spelled the same."""
    here, there = _spelled(one), _spelled(other)
    return any(not lexicon.is_content(text) or text not in other.present for text in here - there) or any(
        not lexicon.is_content(text) or text not in one.present for text in there - here
    )


def names(one: Parsed, other: Parsed) -> bool:
    """A name in one question that the other one does not hold in any spelling of case."""
    here = one.names - other.stems - {text.lower() for text in other.literals}
    there = other.names - one.stems - {text.lower() for text in one.literals}
    return bool(here or there) and not (_spells(here, other) or _spells(there, one))


def negation(one: Parsed, other: Parsed) -> bool:
    """A "not" more or less."""
    return _count(one, lexicon.NEGATORS) != _count(other, lexicon.NEGATORS)


def opposites(one: Parsed, other: Parsed) -> bool:
    """Hot and cold, import and export, legal and illegal: a word here, its opposite there."""
    here, there = one.present - other.present, other.present - one.present
    if any(not opposed.OPPOSITES[word].isdisjoint(there) for word in here if word in opposed.OPPOSITES):
        return True
    return _prefixed(here, there) or _prefixed(there, here)


def qualifiers(one: Parsed, other: Parsed) -> bool:
    """Only, most, before, after, still, except: words that narrow or shift what is asked."""
    return _qualified(one) != _qualified(other)


def adverbs(one: Parsed, other: Parsed) -> bool:
    """Often, later, together, safely: how, when and where something is done."""
    return any(
        word in lexicon.ADVERBS or (word.endswith("ly") and len(word) > 4)
        for word in (one.present ^ other.present) - lexicon.FILLERS - lexicon.QUALIFIERS.keys()
    )


def degree(one: Parsed, other: Parsed) -> bool:
    """Tall, taller, tallest."""
    here, there = one.present - other.present, other.present - one.present
    return _graded(here, there) or _graded(there, here)


def connectives(one: Parsed, other: Parsed) -> bool:
    """ "a or b" and "a and b"."""
    either, both = (one.words.count(word) - other.words.count(word) for word in ("or", "and"))
    return either * both < 0


def order(one: Parsed, other: Parsed) -> bool:
    """The same words in other roles: who follows whom, from where to where."""
    shared = {w for w, count in one.role_counts.items() if count == 1 == other.role_counts[w]}
    here = [word for word in one.roles if word in shared]
    there = [word for word in other.roles if word in shared]
    here, there = _rejoined(here, other.joins), _rejoined(there, one.joins)
    return _swapped(here, one, other) != _swapped(there, other, one)


def direction(one: Parsed, other: Parsed) -> bool:
    """To and from, with and without, on the same word; up and down, wherever they stand."""
    here, there = one.directions, other.directions
    both = [frozenset((here[word], there[word])) for word in here.keys() & there.keys()]
    if one.present & lexicon.PARTICLES != other.present & lexicon.PARTICLES or _stranded(one) != _stranded(other):
        return True
    if _classes(one, lexicon.SIDES) != _classes(other, lexicon.SIDES):
        return True
    if any(len(pair) == 2 and pair not in lexicon.LOOSE for pair in both):
        return True
    # To study something, and to study for it.
    shared = one.linked.keys() & other.linked.keys()
    return any(one.linked[two] != other.linked[two] and "" in {one.linked[two], other.linked[two]} for two in shared)


def question_kind(one: Parsed, other: Parsed) -> bool:
    """Why, when, where, who, how many, or a question for yes or no."""
    here, there = kind(one), kind(other)
    if asked_too(one) != asked_too(other):
        return True
    return here != there and not {here, there} <= {"", "what"} and {here, there} != {"", "who"}


def tenses(one: Parsed, other: Parsed) -> bool:
    """Is, was, will be; who writes, who wrote; closing, closed."""
    if (progressive_stems(one) & past_stems(other)) - past_stems(one) or (
        progressive_stems(other) & past_stems(one)
    ) - past_stems(other):
        return True
    # An auxiliary says when, and the verb need not; where both questions have the same one, the verbs differ in it.
    if (past_stems(one) ^ past_stems(other)) & one.stems & other.stems and has_auxiliary(one) == has_auxiliary(other):
        return True
    here, there = tense(one), tense(other)
    return bool(here and there and here != there) or ("future" in here) != ("future" in there)


def modality(one: Parsed, other: Parsed) -> bool:
    """Can I, should I, must I."""
    return modals(one) != modals(other)


def persons(one: Parsed, other: Parsed) -> bool:
    """He and she, my and your."""
    here, there = addressed(one), addressed(other)
    if personal(one) != personal(other) or (here and there and here != there) or reached(one) != reached(other):
        return True
    if acting(one) and acting(other) and acting(one) != acting(other):
        return True
    who, whom = subjects(one), subjects(other)
    if {who, whom} == {frozenset({"they"}), frozenset({"one"})}:
        return True
    # The one who answers is asked, and not anybody.
    if who and whom and ("second" in here) != ("second" in there):
        return True
    return persons_in_order(one) != persons_in_order(other) and set(persons_in_order(one)) == set(
        persons_in_order(other)
    )


def languages(one: Parsed, other: Parsed) -> bool:
    """The language, programming language or system that is asked about or for."""
    return one.present & topics.LANGUAGES != other.present & topics.LANGUAGES


def formats(one: Parsed, other: Parsed) -> bool:
    """The form that the answer shall have."""
    return _classes(one, topics.FORMATS) != _classes(other, topics.FORMATS)


def tasks(one: Parsed, other: Parsed) -> bool:
    """Summarise and translate."""
    return _classes(one, topics.TASKS) != _classes(other, topics.TASKS)


def details(one: Parsed, other: Parsed) -> bool:
    """Any other content word, in texts so long that their vectors hide it."""
    return max(len(one.stems), len(other.stems)) > _LONG and Counter(one.content) != Counter(other.content)


def grammar(one: Parsed, other: Parsed) -> bool:
    """Anything but a repeat, where one of the two is not surely English: none of the lists says there what a word does."""
    if one.english and other.english:
        return False
    # Beside a question in English the same form can only be English, too.
    return one.form != other.form if one.english or other.english else one.repeat != other.repeat


# The cheap ones first.
VETOES: Mapping[str, Veto] = {
    veto.__name__: veto
    for veto in (
        grammar, numbers, amounts, literals, names, exchanged, added, quoted, spelled, accents, shouted, cased, question_kind,
        connectives, negation, units, languages, formats, tasks, adverbs, qualifiers, modality, dates, persons, details,
        tenses, degree, opposites, direction, order,
    )
}  # fmt: skip


def _classes(parsed: Parsed, groups: Mapping[str, str]) -> Set[str]:
    return {groups[word] for word in parsed.present if word in groups}


def _spells(short: Set[str], other: Parsed) -> bool:
    """Whether the only name that is missing is made of the initials of the other question's names: UK, United Kingdom."""
    if len(short) != 1:
        return False
    letters = "".join(word[0] for word in other.titled)
    return 2 <= len(*short) <= 5 and next(iter(short)) in letters


def _months(parsed: Parsed) -> Set[str]:
    dated = parsed.present - {"may", "march"} | {word for word in parsed.titled if word in {"may", "march"}}
    return {topics.MONTHS[word] for word in dated if word in topics.MONTHS}


def _count(parsed: Parsed, words: Set[str]) -> int:
    return sum(word in words for word in parsed.words)


def _qualified(parsed: Parsed) -> Set[str]:
    found = _classes(parsed, lexicon.QUALIFIERS)
    # "Too" is a measure unless it closes the sentence, "exactly" unless it goes with a question word.
    pairs = set(pairwise(parsed.words))
    idle: set[str] = set()
    if parsed.words[-1:] == ("too",):
        idle.add("too")
    if any((word, "exactly") in pairs for word in lexicon.QUESTION_WORDS):
        idle.add("exactly")
    return (found - idle) | ({"even if"} if ("even", "if") in pairs else set())


def _stranded(parsed: Parsed) -> str:
    """A preposition at the end: what something is, and what it is for."""
    return parsed.last if parsed.last in lexicon.PREPOSITIONS - {"by"} else ""


def _swapped(words: list[str], own: Parsed, other: Parsed) -> list[str]:
    """The words with "head of owner" as "owner head", where the other question puts it so."""
    for at in range(1, len(words)):
        owner, begin = words[at], at
        if (owner, words[at - 1]) not in own.phrases:
            continue
        while begin > 0 and (owner, words[begin - 1]) in other.compounds:
            begin -= 1
        end = at + 1
        # All of the owner's name goes along.
        while begin < at and end < len(words) and (owner, words[end]) in own.compounds & other.compounds:
            end += 1
        words[begin:end] = words[at:end] + words[begin:at]
    return words


def _rejoined(words: list[str], joins: Set[frozenset[str]]) -> list[str]:
    """A "Danish clerk" as a "clerk and Danish", where the other question puts it so."""
    for at in range(1, len(words)):
        if frozenset(words[at - 1 : at + 1]) in joins:
            words[at - 1 : at + 1] = sorted(words[at - 1 : at + 1])
    return words


def _prefixed(longer: Set[str], plain: Set[str]) -> bool:
    """Whether a prefix makes one of the longer words of one of the plain ones."""
    return any(
        word.removeprefix(prefix).lstrip("-") in plain
        for word in longer
        if word.startswith(opposed.PREFIXES)
        for prefix in opposed.PREFIXES
        if word.startswith(prefix) and len(word) > len(prefix) + 2
    )


def _graded(graded: Set[str], plain: Set[str]) -> bool:
    """Whether one of the words is one of the others with -er or -est, or both are grades of one word."""
    for word in graded:
        for ending in ("est", "er"):
            base = word.removesuffix(ending)
            if base != word and len(base) > 2:
                bare = base[:-1] if base[-1] == base[-2] else base
                if not plain.isdisjoint((base, base + "e", bare, base[:-1] + "y", base + "er")):
                    return True
    return False


def _spelled(parsed: Parsed) -> Set[str]:
    """Product names are one whatever their case; code and options are not."""
    return {text.lower() if text.replace("-", "").isalnum() and text[0] != "-" else text for text in parsed.literals}
