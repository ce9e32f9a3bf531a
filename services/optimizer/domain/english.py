"""Whether a line is English: the words that levers know mean something else in other languages, or nothing."""

import re

from services.optimizer.domain.remembered import remembered

_WORDS = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
# Words that hardly any other language has.
_ENGLISH = frozenset(
    "the and with that this you your not are if from must should does when which what they their there then than only always"
    " never it its would could who how these those such before after about into each other been were please any all every"
    " but because while where whether without through our us them him her she made make give keep".split()
)
# Frequent English words that others have, too: they are no evidence for it and none against it.
_SHARED = frozenset("a an as at be by can do for had has have he i in is me no of on or so to was we will".split())
# Frequent words of other languages that English has not, or seldom.
_OTHER = (
    frozenset(
        "der die das und nicht ist ein eine einen den dem zu mit für auf sie es wir ich oder wenn bitte le la les des et est une un"
        " du pas vous nous que qui pour dans avec sur ce il elle el los las una y del por con para se su lo como más gli di della"
        " che non per sono os uma não com em da na um ao het van en niet dat ik je zijn met och att det som är inte og på af til"
        " jest nie się w z i że bir ve bu için değil do o e a".split()
    )
    - _SHARED
)
_FEWEST = 4
_SHARE, _SHARE_OF_FEW = 0.2, 0.3


@remembered
def is_english(line: str) -> bool:
    """Positive evidence only: enough of its words are English function words, and hardly any of another language."""
    words = [word.lower() for word in _WORDS.findall(line)]
    if len(words) < _FEWEST or any(not word.replace("’", "'").isascii() for word in words):
        return False
    english = sum(word in _ENGLISH for word in words)
    other = sum(word in _OTHER for word in words)
    known = english + sum(word in _SHARED for word in words)
    if english == 1:
        return other == 0 and known >= _SHARE_OF_FEW * len(words)
    return english > 1 and known >= _SHARE * len(words) and english > 2 * other


def may_be_english(line: str) -> bool:
    """Nothing speaks for another language: no letter outside of English, and no frequent word of another."""
    words = [word.lower().replace("’", "'") for word in _WORDS.findall(line)]
    if not all(word.isascii() for word in words):
        return False
    return sum(word in _OTHER for word in words) <= sum(word in _ENGLISH for word in words) // 2
