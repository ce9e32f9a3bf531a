"""Whether a line is English: the words that levers know mean something else in other languages, or nothing."""

import re
from functools import lru_cache

_WORDS = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_ENGLISH = frozenset(
    "the and of to is are be in for with that this it as on you your not or if by from must should will can do does an have"
    " has was were when which what who how they their there then than only always never any all but at we our please"
    " i my me use make give a an each other"
    " after before about into but so no its there these those such more most".split()
)
# Frequent words of other languages that are none in English, or seldom.
_OTHER = frozenset(
    "der das und nicht ist ein eine den dem zu mit für auf sie es wir ich le les des et est une un du pas vous nous que qui"
    " pour dans el los las una y o es del por con para se su lo il gli di della che è non una per sono o os uma não com em"
    " da do na no het een van en niet dat ik je zijn med och att det som är inte og på af til jest nie się w z na i że bir"
    " ve bu için değil".split()
) - {"do", "no", "i", "an", "a", "me", "so", "per", "o"}
_FEWEST = 4
_SHARE = 0.2


@lru_cache(maxsize=1024)
def is_english(line: str) -> bool:
    """Positive evidence only: enough of its words are English function words, and hardly any of another language."""
    words = [word.lower() for word in _WORDS.findall(line)]
    if len(words) < _FEWEST or any(not word.replace("’", "'").isascii() for word in words):
        return False
    english = sum(word in _ENGLISH for word in words)
    other = sum(word in _OTHER for word in words)
    return english >= _SHARE * len(words) and english > 3 * other
