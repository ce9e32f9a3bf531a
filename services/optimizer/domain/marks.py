"""The marks of bold text, dropped where they stress words of a running sentence and nothing else."""

import re
from collections.abc import Sequence

from services.optimizer.domain.spans import Edit

_BOLD = re.compile(r"(?<=[A-Za-z,;] )\*\*(?P<words>[A-Za-z][A-Za-z',\- ]{1,80}[A-Za-z])\*\*(?=[ .,;!?]|$)")
# Alone they are stressed, and no name of anything: a `__name__` whose marks were read as bold is one word, too.
_STRESSED = frozenset(
    "never always not must only very no don't cannot strictly immediately exactly absolutely required mandatory important"
    " do both every each first before after without".split()
)
# A text that speaks of its own marks needs them.
_ABOUT_MARKS = re.compile(
    r"bold|markdown|asterisk|emphasi|layout|format|template|heading|headline|stress|star(?:s|red)\b|\*\*['\"]|dunder|markup",
    re.IGNORECASE,
)


def unmark(text: str) -> Sequence[Edit]:
    """The marks of each stressed word in a text that neither speaks of marks nor begins a line or label with them."""
    if "**" not in text or _ABOUT_MARKS.search(text):
        return ()
    edits = []
    for match in _BOLD.finditer(text):
        words = match["words"]
        if " " not in words and words.lower() not in _STRESSED:
            continue
        edits += [Edit(match.start(), match.start() + 2, ""), Edit(match.end() - 2, match.end(), "")]
    return edits
