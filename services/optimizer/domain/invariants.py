"""What a rewritten text must still hold; a step that loses any of it is undone."""

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from services.optimizer.domain.spans import Span

_NUMBERS = re.compile(r"\d+(?:[.,:/]\d+)*")
_WORDS = re.compile(r"[a-z]+(?:['’][a-z]+)?")
_STAYING = frozenset(
    "not no never none nor neither nobody nothing nowhere without cannot except unless"
    " must shall should only always may all any".split()
)


def preserves(before: str, after: str, keep: Sequence[Span]) -> bool:
    """Whether every number, negation, word of duty and protected span of `before` is still in `after`."""
    if _counted(before) - _counted(after):
        return False
    position = 0
    for start, end in keep:
        found = after.find(before[start:end], position)
        if found < 0:
            return False
        position = found + end - start
    return True


@lru_cache(maxsize=16)
def _counted(text: str) -> Counter[str]:
    counts = Counter(_NUMBERS.findall(text))
    words = Counter(_WORDS.findall(text.lower()))
    contracted = ("n't", "n’t") if "'" in text or "’" in text else ()
    counts.update({word: often for word, often in words.items() if word in _STAYING or word.endswith(contracted)})
    return counts
