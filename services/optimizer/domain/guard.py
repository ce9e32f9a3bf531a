"""What a rewritten text must still hold; a step that loses any of it is undone."""

import re
from collections import Counter
from collections.abc import Sequence

from services.optimizer.domain.spans import Span

_NUMBERS = re.compile(r"\d+(?:[.,:/]\d+)*")
_NEGATIONS = re.compile(
    r"\b(?:not|no|never|none|nor|neither|nobody|nothing|nowhere|without|cannot|except|unless|\w+n['’]t)\b",
    re.IGNORECASE,
)
_DUTIES = re.compile(r"\b(?:must|shall|should|only|always|may|all|any)\b", re.IGNORECASE)


def preserves(before: str, after: str, keep: Sequence[Span]) -> bool:
    """Whether every number, negation, word of duty and protected span of `before` is still in `after`."""
    for pattern in (_NUMBERS, _NEGATIONS, _DUTIES):
        lost = Counter(map(str.lower, pattern.findall(before))) - Counter(map(str.lower, pattern.findall(after)))
        if lost:
            return False
    spans = Counter(before[start:end] for start, end in keep)
    return all(after.count(span) >= times for span, times in spans.items())
