"""Who does what to whom: content words in an order that does not change when only the phrasing does."""

from collections import deque
from collections.abc import Sequence

from services.cache.domain.lexicon import COPULAS, DETERMINERS, DIRECTIONS, FILLERS, MUTUAL_VERBS, SYMMETRIC, is_content
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
_JOINS = frozenset({"and", "or"})
_LONGEST_RUN = 24


def canonical(tokens: Sequence[Token]) -> tuple[str, ...]:
    """Content stems with adjuncts at the end, passives turned active, and joined items sorted."""
    words = _sorted_joins(_active(_mutual(_judged_last(_fronted_last(_without_source(list(tokens)))))))
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
        if link in {"of", "in", "for", "at", "on"} and is_content(head) and is_content(owner)
    )


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
    """ "is it safe to swim" into "is swim safe"."""
    if words[1:2] == ["it"] and words[3:4] == ["to"] and words[0] in COPULAS:
        return [words[0], *words[4:], words[2]]
    return words


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
        size = min(left, _phrase_end(words, begin) - begin)
        end = begin + max(size, 1)
        items = sorted((out[len(out) - size :], words[begin:end]))
        out[len(out) - size :] = [word for item in items for word in item]
        at = end
    return out
