"""Who does what to whom: content words in an order that does not change when only the phrasing does."""

from collections.abc import Sequence
from itertools import pairwise

from services.cache.domain.lexicon import COPULAS, DETERMINERS, DIRECTIONS, is_content
from services.cache.domain.stem import stem
from services.cache.domain.tokens import Token

_PARTICIPLES = """
written made taken given seen known grown eaten driven spoken found built bought brought taught won lost led held told
sold paid beaten chosen stolen broken sent lent caught fed shot sung drawn hidden ridden bitten worn forgotten
understood met read left kept felt done hurt hit cut put run set born
"""
_IRREGULAR = frozenset(_PARTICIPLES.split())
# Grammar whose place in the sentence decides what it bears on.
_PLACED = frozenset({"only", "all", "every", "each", "not", "never", "he", "she", "they"})
_JOINS = frozenset({"and", "or"})


def canonical(tokens: Sequence[Token]) -> tuple[str, ...]:
    """Content stems with adjuncts at the end, passives turned active, and joined items sorted."""
    words = _active(_fronted_last(_without_source(list(tokens))))
    return tuple(stem(word) for word in _sorted_joins(words) if is_content(word) or word in _PLACED)


def compounds(words: Sequence[str]) -> frozenset[tuple[str, str]]:
    """Pairs of stems that stand side by side: "flu symptoms"."""
    return frozenset((stem(a), stem(b)) for a, b in pairwise(words) if is_content(a) and is_content(b))


def phrases(words: Sequence[str]) -> frozenset[tuple[str, str]]:
    """The pairs that "symptoms of the flu" and "list in java" would be if they stood side by side."""
    plain = [word for word in words if word not in DETERMINERS]
    return frozenset(
        (stem(owner), stem(head))
        for head, link, owner in zip(plain, plain[1:], plain[2:], strict=False)
        if link in {"of", "in"} and is_content(head) and is_content(owner)
    )


def directions(words: Sequence[str]) -> dict[str, str]:
    """For each content stem the preposition that points at it, as the first of its group."""
    pointed: dict[str, str] = {}
    pointing = ""
    for word in words:
        if word in DIRECTIONS:
            pointing = DIRECTIONS[word]
        elif is_content(word):
            if pointing:
                pointed.setdefault(stem(word), pointing)
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


def _active(words: list[str]) -> list[str]:
    """ "is P seen by A" into "A seen P"."""
    if "by" not in words:
        return words
    by = words.index("by")
    verb = by - 1
    copula = next((at for at in range(verb - 1, -1, -1) if words[at] in COPULAS), None)
    if copula is None or not _is_participle(words[verb]):
        return words
    end = _phrase_end(words, by + 1)
    patient = words[copula + 1 : verb] or words[:copula]
    rest = words[:copula] if words[copula + 1 : verb] else []
    return [*rest, *words[by + 1 : end], words[verb], *patient, *words[end:]]


def _is_participle(word: str) -> bool:
    return word.endswith("ed") or word in _IRREGULAR


def _phrase_end(words: list[str], begin: int) -> int:
    end = begin
    while end < len(words) and (is_content(words[end]) or end == begin):
        end += 1
    return end


def _sorted_joins(words: list[str]) -> list[str]:
    """Items on both sides of "and" or "or" in alphabetical order: as many words to the left as the right side has."""
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
        end = _phrase_end(words, begin)
        right = words[begin:end]
        left_begin = len(out)
        while left_begin > 0 and len(out) - left_begin < len(right) and is_content(out[left_begin - 1]):
            left_begin -= 1
        out[left_begin:] = [word for item in sorted((out[left_begin:], right)) for word in item]
        at = end
    return out
