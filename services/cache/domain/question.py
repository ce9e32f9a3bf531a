"""What kind of answer a question wants, when, and about whom."""

from itertools import pairwise

from services.cache.domain import lexicon
from services.cache.domain.parsed import Parsed
from services.cache.domain.stem import is_past
from services.cache.domain.synonyms import sense

_MEASURES = frozenset("many much long often far old tall big fast high deep heavy large soon hot cold likely".split())
# What a "what" asks for where one of these follows closely.
_ASKED_FOR = {"way": "how", "ways": "how", "method": "how", "methods": "how", "reason": "why", "reasons": "why",
              "cost": "how much"}  # fmt: skip
_WAYS = frozenset({"way", "ways"})
_THERE = {("is", "there"), ("are", "there")}
_PRESENT = frozenset({"is", "are", "am", "do", "does", "has", "have"})
_PAST = frozenset({"was", "were", "did", "had"})
_PERFECT = frozenset({"been"})
_FUTURE = frozenset({"will", "shall"})
_ABILITY = {"can": "can", "could": "can", "may": "can", "might": "can", "should": "should", "ought": "should",
            "must": "must", "would": "would", "able": "can", "possible": "can"}  # fmt: skip
_ASKED_TOO = frozenset({"why", "when", "where", "who", "how"})
# End as a past does, and say how somebody feels.
_FELT = frozenset({"scared", "frightened"})
_HOW_TO = frozenset({"how", "where", "what"})
_GENERIC = frozenset({"i", "you", "we", "one", "someone", "people", "they"})
_PERSONS = {"i": "first", "me": "first", "we": "first", "us": "first", "myself": "first", "you": "second",
            "yourself": "second"}  # fmt: skip
# Whoever else is spoken of, but not as a he, she or they.
_ANYONE = dict.fromkeys("someone somebody anyone anybody everyone everybody".split(), "someone")
_SUBJECTS = frozenset({"i", "you", "we", "one"})
# "How do you feel" asks the one who answers.
_MINDED = frozenset("feel think look like".split())
# What a "what can you" goes on with where it may be anybody's.
_TASKED = frozenset("do need have use say call".split())
_CASES = frozenset({"if", "when"})
# Behind these a "you" is who acts; behind other words it is who something is done to.
_ACTS = _SUBJECTS | lexicon.AUXILIARIES | lexicon.CONJUNCTIONS | lexicon.QUESTION_WORDS | lexicon.FILLERS | {
    "before", "after", "until", "since", "that", "like", "as", "not"}  # fmt: skip
_HELPED = lexicon.AUXILIARIES - {"need", "able", "possible"}
_ASKERS = {("i",), ("you",), ("we",), ("one",)}
_OWNERS = {
    "my": "my",
    "mine": "my",
    "your": "your",
    "yours": "your",
    "our": "our",
    "ours": "our",
    "his": "his",
    "her": "her",
}


def kind(parsed: Parsed) -> str:
    """One of why, when, where, who, "how many" and its like, how, what, "yes or no"; empty for a mere phrase."""
    words = parsed.words
    if words[:2] in _THERE and not _WAYS.isdisjoint(words[2:4]):
        return "how"
    for at, word in enumerate(words[:12]):
        if word in lexicon.QUESTION_WORDS:
            return _named(word, words[at + 1 :])
        if at == 0 and word in lexicon.AUXILIARIES:
            return "yes or no"
    return ""


def asked_too(parsed: Parsed) -> frozenset[str]:
    """The questions behind the first one: what something is, and why."""
    asking = [at for at, word in enumerate(parsed.words) if word in lexicon.QUESTION_WORDS]
    return frozenset(parsed.words[at] for at in asking[1:]) & _ASKED_TOO


def _named(word: str, following: tuple[str, ...]) -> str:
    if word == "how":
        return f"how {following[0]}" if following and following[0] in _MEASURES else "how"
    if word == "what" and following[2:3] == ("do",):
        return "how"  # what can I do to ...
    if word == "what":
        return next((_ASKED_FOR[noun] for noun in following[1:4] if noun in _ASKED_FOR), word)
    return {"whom": "who", "which": "what"}.get(word, word)


def tense(parsed: Parsed) -> frozenset[str]:
    """What the auxiliaries say; empty where there is none."""
    named = {"present": _PRESENT, "past": _PAST, "future": _FUTURE, "perfect": _PERFECT}
    return frozenset(name for name, words in named.items() if parsed.present & words)


def modals(parsed: Parsed) -> frozenset[str]:
    """The modal verbs, except in "how can one", which asks for the way and not for leave."""
    words = ("", "", *_affirmed(parsed.words), "")
    found = {
        _ABILITY[word]
        for at, word in enumerate(words)
        if word in _ABILITY
        and not (words[at - 1] in _HOW_TO and words[at + 1] in _GENERIC)
        and not (words[at - 2] in _HOW_TO and words[at - 1] in _GENERIC)
    }
    obliged = any((have, "to") in pairwise(words) for have in ("have", "has", "had"))
    if obliged or ("need" in words and kind(parsed) == "yes or no"):
        found.add("must")
    return frozenset(found)


def personal(parsed: Parsed) -> tuple[str, ...]:
    """Third persons and owners in the order in which they come: "he ... her" is not "she ... him". The "my" of "how do I
    improve my English" is nobody's.
    """
    words = parsed.words
    named = lexicon.SUBJECT_WORDS | _OWNERS
    if words[:1] == ("how",) and (words[2:3] in _ASKERS or words[1:2] == ("to",)):
        named = {word: owner for word, owner in named.items() if owner not in {"my", "your", "our"}}
    return tuple(named[word] for at, word in enumerate(words) if word in named and not _anybody(words, at))


def persons_in_order(parsed: Parsed) -> tuple[str, ...]:
    """All persons in the order in which they are first named: "they ... us" is not "we ... them"."""
    named = lexicon.SUBJECT_WORDS | _OWNERS | _PERSONS | _ANYONE
    return tuple(dict.fromkeys(named[word] for word in parsed.words if word in named))


def reached(parsed: Parsed) -> bool:
    """Whether something is done to a "you": "how do I ask you" is not "how do you ask"."""
    if ("according", "to") in pairwise(parsed.words):
        return False  # nothing but a "do you think"
    return any(word == "you" and before not in _ACTS for before, word in pairwise(parsed.words))


def acting(parsed: Parsed) -> frozenset[bool]:
    """Whether a "someone" acts, and whether one is acted on: "how do I earn someone's trust" is not "how does someone earn trust"."""
    pairs = pairwise(("if", *parsed.words))
    return frozenset(before in _ACTS for before, word in pairs if word in _ANYONE)


def subjects(parsed: Parsed) -> frozenset[str]:
    """Who anything is asked of, where it may be anybody: "they" is other people, "I", "you", "we" and "one" are one."""
    found = parsed.present & (_SUBJECTS | {"they"})
    return frozenset("they" if word == "they" else "one" for word in found)


def addressed(parsed: Parsed) -> tuple[str, ...]:
    """The asker and the one asked in the order in which they are first named, without the "you" and "I" of a how-to."""
    words = _affirmed(parsed.words)
    if words[1:2] == ("me",) and not kind(parsed):
        words = (words[0], *words[2:])
    named = [at for at, word in enumerate(words) if word in _PERSONS]
    if len(named) == 1 and words[:1] in {("can",), ("could",)} and named == [1]:
        return ()  # "Can I" and "can you" ask what anybody can.
    return tuple(dict.fromkeys(_PERSONS[words[at]] for at in named if not _anybody(words, at)))


def past_stems(parsed: Parsed) -> frozenset[str]:
    """The stems of the words that are a past, or may be one."""
    return frozenset(sense(word) for word in parsed.present - _FELT if is_past(word))


def progressive_stems(parsed: Parsed) -> frozenset[str]:
    """The stems of the words that end as a continuous form does."""
    return frozenset(sense(word) for word in parsed.present if word.endswith("ing") and len(word) > 5)


def has_auxiliary(parsed: Parsed) -> frozenset[str]:
    """The auxiliaries that say when."""
    return parsed.present & _HELPED


def _anybody(words: tuple[str, ...], at: int) -> bool:
    """Whether it is the "you" of "how do you", the "I" of "what happens if I", or the "they" of "when did they"."""
    if words[at] not in _GENERIC or at < 1:
        return False
    following = words[at + 1] if at + 1 < len(words) else ""
    if words[at] == "you" and following in _MINDED | {""}:
        return False
    if words[at - 1] in _CASES:
        # "What happens if you crash" may ask the one who answers.
        return words[at] in _SUBJECTS - {"you"} and _alone(words)
    if at < 2 or words[at - 1] not in lexicon.AUXILIARIES or words[at - 2] not in _HOW_TO | {"why", "when"}:
        return False
    if words[at] != "you":
        return True
    # What the one who answers did, and what that one can, is no how-to.
    return words[at - 1] != "did" and (words[at - 2] != "what" or words[at - 1] == "should" or following in _TASKED)


def _alone(words: tuple[str, ...]) -> bool:
    """Whether only one person is spoken of."""
    named = lexicon.SUBJECT_WORDS | _OWNERS | _PERSONS | _ANYONE
    return len({named[word] for word in words if word in named}) == 1


def _affirmed(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word for word in words if word != "not")
