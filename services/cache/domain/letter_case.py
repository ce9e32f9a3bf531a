"""Words that only their case tells apart: Polish and polish, AIDS and aids, mW and MW, userId and userid, -v and -V.

People leave case out as they please, and the model that compares sentences does not see it. So it counts where it may make another
word, and not where it is a habit: at a sentence's beginning, in a heading, in a text all in one case, in the names of products.
"""

import re
from collections.abc import Mapping

from services.cache.domain.common_words import WORDS
from services.cache.domain.lexicon import is_content
from services.cache.domain.stem import stem
from services.cache.domain.topics import LANGUAGES
from services.cache.domain.words import word_set

_WORD = re.compile(r"[^\W\d_]+")
# Names that are other words without their capital. Written in small letters alone, a text may mean either.
NAMESAKES = word_set(
    """
    polish turkey china march may august mark bill will rose jack jordan georgia chile nice reading mobile bath cork hull lent job
    frank rich grant drew chuck gene rob sue pat peg dawn hope faith grace joy holly ivy lily daisy violet amber ginger olive
    sandy penny earth mercury mars amazon apple target gap visa delta shell subway orange catholic labour democrat republican
    aids who it us sad act aim care lead cat nice bit bar dare scuba laser chad mali guinea niger java cuba sage may natal
    """
)
# Products and types that are other words without it. Small letters alone may be a habit here.
_PRODUCTS = word_set(
    """
    set list map object string type date float double char int void bool array queue stack record enum self this null none true
    false optional result option error exception thread process task future promise stream buffer box cell
    slack zoom square notion signal word excel access teams outlook office windows chrome edge discord unity unreal go swift rust
    ruby python spark flask express react angular meta alphabet oracle ford fiat seat jaguar galaxy fire echo kindle nest ring
    monster discover chase fidelity vanguard progressive prime max corona tide dove guess coach champion supreme fossil omega tudor
    focus escape explorer pilot passport accord civic fit pages numbers keynote photos messages maps drive docs sheets forms stripe
    plaid shelter stories reels threads spaces bard gemini claude copilot cursor mistral llama falcon titan nova opus sonnet haiku
    """
)
# Two letters that are the same thing in either case.
_SHORT = word_set("ai js ts pc tv eu uk hr ui ux db os ip id ok dj cv pr go jr sr st rd")
_LONG = 5
_HEADING = 0.6
_FORMS = 8  # of a word that one text has more often, so many are compared with so many
_BEFORE = 8  # characters between a sentence's end and its first word
_BRAND = re.compile(r"[a-z][A-Z][a-z]+")  # iPhone, eBay


def differ(one: str, other: str) -> bool:
    """Whether a word of one text is the same word of the other in letters only. Both as they were written, without courtesies."""
    here, there = _Cased(one), _Cased(other)
    for word in here.forms.keys() & there.forms.keys():
        mine, others = here.forms[word], there.forms[word]
        if len(mine) == len(others):
            pairs = {(a, b) for a, b in zip(mine, others, strict=True) if a != b}
        else:
            pairs = {(a, b) for a in set(mine[:_FORMS]) for b in set(others[:_FORMS]) if a != b}
        if any(_tells_apart(word, a, b, here.careful and there.careful) for a, b in pairs):
            return True
    return False


class _Cased:
    """The words of a text by their small letters, each as it was written; `careful` where it holds letters of both cases, and is no
    heading. A capital that the sentence's beginning asks for is not shown.
    """

    def __init__(self, text: str) -> None:
        found = list(_WORD.finditer(text))
        later = [match[0] for match in found[1:] if is_content(match[0].lower())]
        capitals = sum(word.istitle() and len(word) > 2 for word in later)
        shouted = text.isupper()
        heading = len(later) > 2 and capitals >= _HEADING * len(later)
        self.careful = not (heading or shouted or text.islower())
        self.forms: Mapping[str, list[str]] = {}
        for match in found:
            word = match[0]
            plain = word[1:].islower() or (len(word) == 1 and word in "AI")
            if shouted or (plain and word[0].isupper() and (heading or _opens(text, match.start()))):
                word = word.lower()
            self.forms.setdefault(word.lower(), []).append(word)


def _opens(text: str, at: int) -> bool:
    before = text[max(0, at - _BEFORE) : at].rstrip(" \"'“”‘’([*-•")
    return not before or before[-1] in ".!?:\n"


def _tells_apart(word: str, one: str, other: str, careful: bool) -> bool:
    size = len(word)
    if size == 1:
        return word != "i" or careful
    if word in NAMESAKES:
        return True
    if not careful:
        return False
    kinds = {_kind(one), _kind(other)}
    if kinds == {"small", "titled"}:  # machine learning and Machine Learning, docker and Docker
        return word in _PRODUCTS - LANGUAGES
    if stem(word) in WORDS or word in WORDS:
        return True
    if size == 2:
        return word not in _SHORT
    if "mixed" in kinds:  # JavaScript and javascript are one; userId and userid are not, and neither are kWh and KWh
        brand = one if _kind(one) == "mixed" else other
        return kinds == {"mixed"} or size < _LONG or not (brand[0].isupper() or _BRAND.fullmatch(brand))
    return False  # JSON and json, LINUX and Linux


def _kind(word: str) -> str:
    if word.islower():
        return "small"
    if word.isupper():
        return "capitals"
    return "titled" if word[1:].islower() else "mixed"
