"""What a text is written in, sign by sign: what can be compared by meaning, what only as it stands, and what hides.

A model reads signs that this cache's own model drops or does not know: tags, zero-width signs, direction marks, variation
selectors, whole scripts. So only what is known to be seen the same way by both is compared by its meaning.
"""

import re
import unicodedata

# Tab, line feed and carriage return are layout; every other control character is no text.
_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cn", "Co", "Cs"})
# Letters and signs by category that show nothing: fillers, a blank Braille pattern, joiners and variation selectors.
_HIDDEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_PLAIN = re.compile(
    r"[\t\n\r\x20-\x7e\u00a0\u00a1\u00a3\u00a5\u00a7\u00b0\u00b7\u00bf-\u024f\u2010-\u2015\u2018-\u201e\u2022\u2026\u20ac]*"
)


def hides(text: str) -> bool:
    """Whether there are signs in it that nobody sees and a model reads."""
    if text.isascii() and text.isprintable():
        return False
    return _HIDDEN.search(text) is not None or any(
        unicodedata.category(sign) in _HIDDEN_CATEGORIES
        for sign in text
        if not sign.isprintable() and sign not in "\t\n\r"
    )


def latin(text: str) -> bool:
    """Whether all of it is Latin letters and the signs that go with them, once they are composed."""
    return text.isascii() or _PLAIN.fullmatch(unicodedata.normalize("NFC", text)) is not None
