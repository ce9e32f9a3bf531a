"""Slips of the hand: letters that changed places, and letters typed once too often or once too seldom.

Beside them only spellings that are listed as no word at all are mended. One letter for another makes "effect" of "affect" and
one drug of another, and a word that nobody here knows is more often rare than wrong.
"""

import re
from functools import lru_cache

from services.cache.domain.common_words import WORDS
from services.cache.domain.language import KNOWN, known
from services.cache.domain.misspellings import MISSPELLINGS
from services.cache.domain.words import word_set

_WORD = re.compile(r"(?<![^\s\"'(])[a-z]{3,}(?![^\s\"'.,;:!?)])")
_SHORT = {"teh": "the", "hte": "the", "adn": "and", "waht": "what", "whta": "what", "hwat": "what", "hwo": "how", "wich": "which",
          "thier": "their", "taht": "that", "wehn": "when"}  # fmt: skip
# Below this, one slip away from a word there mostly is another word; above it there are none.
_SHORTEST, _LONGEST = 6, 20
# Words of their own that one slip makes of a commoner one.
_OTHERS = word_set(
    "latter unclear marital dessert litter prefect barley martial discus potion causal sacred sliver untied diner"
)


def repaired(text: str) -> str:
    """The text with each slip taken back that leads to one common word only."""
    return _WORD.sub(_word, text)


def _word(match: re.Match[str]) -> str:
    return _mended(match[0])


@lru_cache(maxsize=16384)
def _mended(word: str) -> str:
    if (meant := _SHORT.get(word) or MISSPELLINGS.get(word)) is not None:
        return meant
    if not _SHORTEST <= len(word) <= _LONGEST or word in _OTHERS or known(word):
        return word
    found = {slip for slip in _slips(word) if slip in WORDS or slip in KNOWN}
    return found.pop() if len(found) == 1 else word


def _slips(word: str) -> set[str]:
    pairs = range(len(word) - 1)
    swapped = {word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in pairs if word[at] != word[at + 1]}
    once = {word[:at] + word[at + 1 :] for at in pairs if word[at] == word[at + 1]}
    twice = {word[:at] + word[at] + word[at:] for at in range(len(word))}
    return swapped | once | twice
