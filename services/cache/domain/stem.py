"""Brings the forms of a word together: plural, past and continuous, and nothing that changes what is meant."""

import re
from functools import lru_cache

_IRREGULAR = {
    form: base
    for base, forms in {
        "be": "is are was were am been being", "write": "wrote written", "make": "made", "take": "took taken",
        "give": "gave given", "get": "got gotten", "go": "went gone", "see": "saw seen", "know": "knew known",
        "grow": "grew grown", "eat": "ate eaten", "drive": "drove driven", "speak": "spoke spoken", "find": "found",
        "build": "built", "buy": "bought", "bring": "brought", "teach": "taught", "think": "thought", "win": "won",
        "lose": "lost", "lead": "led", "hold": "held", "tell": "told", "sell": "sold", "say": "said", "pay": "paid",
        "beat": "beaten", "choose": "chose chosen", "steal": "stole stolen", "break": "broke broken", "love": "loves",
        "man": "men", "woman": "women", "child": "children", "person": "people", "foot": "feet",
        "tooth": "teeth", "mouse": "mice", "goose": "geese", "wolf": "wolves", "leaf": "leaves", "life": "lives",
        "knife": "knives", "wife": "wives", "calf": "calves", "dwarf": "dwarves", "die": "dying", "lie": "lying lies",
        "send": "sent", "spend": "spent", "lend": "lent", "catch": "caught", "feed": "fed", "shoot": "shot",
        "begin": "began begun", "sing": "sang sung", "draw": "drew drawn", "hide": "hid hidden", "ride": "rode ridden",
        "bite": "bit bitten", "wear": "wore worn", "forget": "forgot forgotten", "understand": "understood",
        "meet": "met", "read": "reads", "leave": "left", "keep": "kept", "sleep": "slept", "feel": "felt",
        "color": "colour colours colors", "organize": "organise organised organising", "center": "centre centres",
        "cookie": "cookies", "movie": "movies", "tie": "ties",
        "pie": "pies", "zombie": "zombies", "selfie": "selfies",
    }.items()
    for form in forms.split()
}  # fmt: skip
_PAST = frozenset(
    """wrote made took gave got went saw knew grew ate drove spoke found built bought brought taught thought won lost led held
    told sold said paid chose stole broke sent spent lent caught fed shot began sang drew hid rode bit wore forgot
    understood met left kept slept felt ran came became fell flew fought rose sat stood swam threw woke""".split()
)
# What these name is not several of what they look like the plural of.
_OTHER_THINGS = frozenset(
    "glasses goods customs arms news spectacles savings earnings proceeds remains jeans spirits manners sands lens".split()
)
_VOWELS = frozenset("aeiouy")
_WITH_S = re.compile("(i|y)s(e|es|ed|er|ers|ing|ation|ations)$")
_DOUBLES = re.compile("[^aeiouy]+[aeiouy][^aeiouywx]")


@lru_cache(maxsize=16384)
def stem(word: str) -> str:
    """The word without its inflection; comparatives and derived words stay what they are."""
    word = _IRREGULAR.get(word, word)
    if len(word) <= 3 or word in _OTHER_THINGS:
        return word
    return _bare(_singular(_american(word)))


@lru_cache(maxsize=16384)
def lemmas(word: str) -> frozenset[str]:
    """What the word may be a form of. Words of one stem that share none are others: plan and plane, hop and hope."""
    word = _american(_IRREGULAR.get(word, word))
    for ending in ("ing", "ed"):
        base = word.removesuffix(ending)
        if base != word and len(base) >= 3:
            if base[-1] == base[-2] and base[-1] not in "lsz":
                return frozenset({base[:-1]})
            if _DOUBLES.fullmatch(base):  # "hop" would have made it "hopping"
                return frozenset({base + "e"})
            return frozenset({base, base + "e", base.removesuffix("i") + "y"})
    return frozenset({word, _singular(word)})


def is_past(word: str) -> bool:
    """Whether a word is a simple past, or could be one."""
    return word in _PAST or (word.endswith("ed") and len(word) > 4 and not word.endswith("eed"))


def _american(word: str) -> str:
    """British and American spelling as one."""
    if len(word) <= 5:
        return word
    word = word.replace("our", "or")
    # No two words differ in such an "s" alone, and in both questions the same is done to "exercise".
    return _WITH_S.sub(r"\1z\2", word) if len(word) > 6 else word


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes", "zes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def _bare(word: str) -> str:
    for ending in ("ing", "ed"):
        base = word.removesuffix(ending)
        if base != word and len(base) >= 3 and any(letter in _VOWELS for letter in base):
            if base[-1] == base[-2] and base[-1] not in "lsz":
                return base[:-1]
            return _ended(base.removesuffix("i") + "y" if base.endswith("i") else base)
    return _ended(word)


def _ended(word: str) -> str:
    """A silent e is dropped, so that "make" and "mak(ing)" meet."""
    return word[:-1] if word.endswith("e") and len(word) > 3 and not word.endswith("ee") else word
