"""Who does what to whom: content words in an order that does not change when only the phrasing does."""

from collections import deque
from collections.abc import Sequence

from services.cache.domain.lexicon import (
    ADVERBS,
    COPULAS,
    DETERMINERS,
    DIRECTIONS,
    FILLERS,
    MUTUAL_VERBS,
    SYMMETRIC,
    is_content,
)
from services.cache.domain.stem import stem
from services.cache.domain.synonyms import sense
from services.cache.domain.tokens import Token

_PARTICIPLES = """
written made taken given seen known grown eaten driven spoken found built bought brought taught won lost led held told
sold paid beaten chosen stolen broken sent lent caught fed shot sung drawn hidden ridden bitten worn forgotten
understood met read left kept felt done hurt hit cut put run set born
"""
_IRREGULAR = frozenset(_PARTICIPLES.split())
# Grammar whose place in the sentence decides what it bears on.
_PLACED = frozenset({"only", "all", "every", "each", "not", "never", "he", "she", "they"})
# Beside one of these it matters where "not" stands.
_SCOPES = frozenset({"only", "all", "every", "each", "because"})
# "In common" and "in general" say how, and no word that they stand behind owns anything.
_SET = frozenset("common general particular short detail private public full part advance fact free".split())
# What a verb takes with it: to study, to study for.
_TAKEN = frozenset("for with from to about against after over off into at".split())
_JUDGING = frozenset({"why", "when", "where", "how"})
_ACTORS = frozenset({"i", "you", "we", "one", "to"})
_JOINS = frozenset({"and", "or"})
# Behind one of these another verb may stand, which an adverb at the end may belong to.
_SCOPING = frozenset(
    {"to", "and", "or", "that", "if", "when", "which", "who", "while", "because", "without", "by", "not"}
)
_SHORTEST_ADVERB = 4
_LONGEST_RUN = 24


def canonical(tokens: Sequence[Token]) -> tuple[str, ...]:
    """Content stems with adjuncts at the end, passives turned active, and joined items sorted."""
    words = _adverb_last(_fronted_last(_without_source(list(tokens))))
    words = _sorted_joins(_active(_mutual(_judged_last(words))))
    placed = _PLACED if any(token.text in _SCOPES | _JOINS for token in tokens) else _PLACED - {"not"}
    return tuple(sense(word) for word in words if is_content(word) or word in placed)


def compounds(words: Sequence[str]) -> frozenset[tuple[str, str]]:
    """Pairs of stems in one run of content words, in their order: "flu symptoms". In a run that nobody speaks, only near ones."""
    pairs: set[tuple[str, str]] = set()
    run: deque[str] = deque(maxlen=_LONGEST_RUN)
    for word in words:
        if is_content(word):
            pairs.update((before, sense(word)) for before in run)
            run.append(sense(word))
        else:
            run.clear()
    return frozenset(pairs)


def phrases(words: Sequence[str]) -> frozenset[tuple[str, str]]:
    """The pairs that "symptoms of the flu" and "list in java" would be if they stood side by side."""
    plain = [word for word in words if word not in DETERMINERS]
    return frozenset(
        (sense(owner), sense(head))
        for head, link, owner in zip(plain, plain[1:], plain[2:], strict=False)
        if link in {"of", "in", "for", "at", "on"} and is_content(head) and is_content(owner) and owner not in _SET
    )


def linked(words: Sequence[str]) -> dict[tuple[str, str], str]:
    """For each two content words with at most one preposition and determiners between them: that preposition, or nothing."""
    plain = [word for word in words if word not in DETERMINERS]
    found: dict[tuple[str, str], str] = {}
    for at, word in enumerate(plain[:-1]):
        if not is_content(word):
            continue
        if is_content(plain[at + 1]):
            found.setdefault((stem(word), stem(plain[at + 1])), "")
        elif (
            plain[at + 1] in _TAKEN and at + 2 < len(plain) and is_content(plain[at + 2]) and plain[at + 2] not in _SET
        ):
            found.setdefault((stem(word), stem(plain[at + 2])), plain[at + 1])
    return found


def joins(words: Sequence[str]) -> frozenset[frozenset[str]]:
    """The pairs of stems with "and" between them."""
    plain = [word for word in words if word not in DETERMINERS]
    return frozenset(
        frozenset((sense(one), sense(other)))
        for one, link, other in zip(plain, plain[1:], plain[2:], strict=False)
        if link == "and" and "not" not in {one, other}
    )


def directions(words: Sequence[str]) -> dict[str, str]:
    """For each content stem, number and literal the preposition that points at it, as the first of its group."""
    pointed: dict[str, str] = {}
    pointing = ""
    for word in words:
        if word in DIRECTIONS:
            pointing = DIRECTIONS[word]
        elif is_content(word):
            if pointing:
                # "for learning" is "to learn".
                purpose = pointing == "for" and word.endswith("ing")
                pointed.setdefault(sense(word), "to" if purpose else pointing)
            pointing = ""
    return pointed


def _without_source(tokens: list[Token]) -> list[Token]:
    """ "... according to X" says what "X think ..." says: put it in front, where "think" has it."""
    texts = [token.text for token in tokens]
    if "according" in texts:
        at = texts.index("according")
        if texts[at + 1 : at + 2] == ["to"]:
            return [*tokens[at + 2 :], *tokens[:at]]
    return tokens


def _fronted_last(tokens: list[Token]) -> list[str]:
    """A leading "in X," or "with Y," moves to the end, where it stands without a comma."""
    marks = [at for at, token in enumerate(tokens) if token.kind == "mark" and token.text == ","]
    if marks and tokens[0].text in {"in", "on", "at", "for", "with", "using", "during"}:
        tokens = [*tokens[marks[0] + 1 :], *tokens[: marks[0]]]
    return [token.text for token in tokens if token.kind != "mark"]


def _judged_last(words: list[str]) -> list[str]:
    """ "is it safe to swim" into "is swim safe", also behind a "why"."""
    at = 1 if words[:1] and words[0] in _JUDGING else 0
    if words[at + 1 : at + 2] == ["it"] and words[at + 3 : at + 4] == ["to"] and words[at] in COPULAS:
        return [*words[: at + 1], *words[at + 4 :], words[at + 2]]
    return words


def _adverb_last(words: list[str]) -> list[str]:
    """ "how do I locally undo a commit" into "how do I undo a commit locally", where there is only one thing that it can bear on."""
    scoped = max((at for at, word in enumerate(words) if word in _SCOPING), default=0)
    for at in range(max(1, scoped), len(words) - 1):
        if words[at - 1] in _ACTORS and _is_adverb(words[at]):
            return [*words[:at], *words[at + 1 :], words[at]]
    return words


def _is_adverb(word: str) -> bool:
    return word in ADVERBS or (word.endswith("ly") and len(word) > _SHORTEST_ADVERB)


def _active(words: list[str]) -> list[str]:
    """ "is P seen by A" into "A seen P", and "is P seen" into "seen P"."""
    copula = next((at for at, word in enumerate(words) if word in COPULAS), None)
    if copula is None:
        return words
    verb = next((at for at in range(copula + 1, len(words)) if _is_participle(words[at])), None)
    if verb is None:
        return words
    patient = words[copula + 1 : verb] or words[:copula]
    asked = words[:copula] if words[copula + 1 : verb] else []
    if words[verb + 1 : verb + 2] == ["by"]:
        end = _phrase_end(words, verb + 2)
        return [*asked, *words[verb + 2 : end], words[verb], *patient, *words[end:]]
    between = words[copula + 1 : verb]
    if not all(is_content(word) or word in DETERMINERS | FILLERS for word in between) or any(
        map(is_content, words[verb + 1 : verb + 2])
    ):
        return words  # "is it safe to eat boiled eggs"
    return [*asked, words[verb], *patient, *words[verb + 1 :]]


def _is_participle(word: str) -> bool:
    return word in _IRREGULAR or (word.endswith("ed") and len(word) > 4 and not word.endswith("eed"))


def _mutual(words: list[str]) -> list[str]:
    """ "A is married to B" with A and B in alphabetical order, and likewise for every relation that holds both ways."""
    at = next((at for at, word in enumerate(words) if word in SYMMETRIC | MUTUAL_VERBS), None)
    if at is None:
        return words
    linked = words[at + 1 : at + 2] in (["to"], ["with"], ["of"], ["from"])
    if not linked and words[at] not in MUTUAL_VERBS:
        return words
    right_begin = at + 2 if linked else at + 1
    right_end = _phrase_end(words, right_begin)
    left_end = at
    while left_end > 0 and not is_content(words[left_end - 1]):
        left_end -= 1
    left_begin = left_end
    while left_begin > 0 and is_content(words[left_begin - 1]):
        left_begin -= 1
    one, other = sorted((words[left_begin:left_end], words[right_begin:right_end]))
    return [*words[:left_begin], *one, words[at], *other, *words[right_end:]]


def _phrase_end(words: list[str], begin: int) -> int:
    end = begin
    while end < len(words) and (is_content(words[end]) or end == begin):
        end += 1
    return end


def _sorted_joins(words: list[str]) -> list[str]:
    """Items on both sides of "and" or "or" in alphabetical order: as many words of each side as the shorter one has."""
    out: list[str] = []
    at = 0
    while at < len(words):
        if words[at] not in _JOINS:
            out.append(words[at])
            at += 1
            continue
        begin = at + 1
        while begin < len(words) and not is_content(words[begin]) and words[begin] not in _JOINS:
            begin += 1
        if "not" in words[at + 1 : begin]:  # which of the two it bears on is what matters
            out += words[at + 1 : begin]
            at = begin
            continue
        left = 0
        while left < len(out) and is_content(out[-left - 1]):
            left += 1
        right = _phrase_end(words, begin)
        while right > begin + 1 and _is_adverb(words[right - 1]):
            right -= 1  # "a and b together"
        size = min(left, right - begin)
        end = begin + max(size, 1)
        items = sorted((out[len(out) - size :], words[begin:end]))
        out[len(out) - size :] = [word for item in items for word in item]
        at = end
    return out
