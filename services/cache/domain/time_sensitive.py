"""Which answers are only good for a repeat of the same request.

What the asker owns, did or sees is not in the question: another question in other words may be about another one's. Only the very
same request is known to have known no more.
"""

import re

from services.cache.domain.normalise import clean, strip_courtesy
from services.cache.domain.stem import is_past
from services.cache.domain.topics import FAVOURS, OWN, TIMELY
from services.cache.domain.words import word_set

_WORD = re.compile(r"[a-z]+")
# An "I" beside one of these did or has something; the "I" of "how do I" and "can I" is anybody.
_DID = word_set("did was am were have had has")
_DOES = word_set(
    """am was were have had has did own owe see saw live lived work earn bought made said wrote asked told sent got went paid
    left lost found met booked ordered uploaded look weigh"""
)
_ABLE = word_set("can could should")
_ANYBODYS = word_set("earn work live")
# "How long does it last" asks for a time; other lasts are the asker's, or the moment's.
_LASTING = ("how long", "longer")


def is_time_sensitive(text: str) -> bool:
    """Whether the answer depends on the moment, or on what the asker owns, did or sees."""
    low = strip_courtesy(clean(text)).lower()
    words = _WORD.findall(low)
    present = frozenset(words)
    if not TIMELY.isdisjoint(present) or not OWN.isdisjoint(present):
        return True
    if "last" in present and words[-1] != "last" and not any(asked in low for asked in _LASTING):
        return True
    return any(_told(words, at) for at, word in enumerate(words) if word in {"i", "me", "us", "we"})


def _told(words: list[str], at: int) -> bool:
    """Whether the word stands for this asker and nobody else."""
    before = words[at - 1] if at else ""
    after = words[at + 1] if at + 1 < len(words) else ""
    if words[at] in {"me", "us"}:
        return not (before in FAVOURS or (before in {"to", "for"} and words[0] in FAVOURS))
    if before in {"if", "when"} and after not in {"did", "was", "had"}:
        return False  # a case that may be anybody's
    if after in _ANYBODYS and (before in _ABLE or (words[:2] == ["how", "do"] and at == 2)):
        return False  # what anybody can do
    return before in _DID or (after in _DOES and words[at + 2 : at + 3] != ["to"]) or is_past(after)
