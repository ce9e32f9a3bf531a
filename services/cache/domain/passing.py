"""Which answers are only good for a repeat of the same request."""

import re

from services.cache.domain.topics import OWNED, TIMELY

_WORD = re.compile(r"[a-z]+")


def is_passing(text: str) -> bool:
    """Whether the answer depends on the moment or on what the asker owns. Asked of every question, so it only scans."""
    words = _WORD.findall(text.lower())
    return not TIMELY.isdisjoint(words) or any(
        word in {"my", "our"} and not OWNED.isdisjoint(words[at + 1 : at + 3]) for at, word in enumerate(words)
    )
