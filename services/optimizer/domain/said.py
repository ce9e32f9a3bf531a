"""Words that instructions quote without quotes: "reply with: …", "end with Thank you for …". They stay as they stand.

Where such words end nobody can tell, so that all from their first letter to the end of its line is kept.
"""

import re
from collections.abc import Iterator

_TOKEN = re.compile(r"(?P<word>[A-Za-z]+)|(?P<stop>[.!?:](?=[ \t]))|(?P<end>\n)")
# A sentence with one of these in front of its colon asks for what follows.
_ASKING = frozenset(
    "say says said saying reply replies replying respond responds responding answer answers greet greets greeting sign signs"
    " signature begin begins start starts open opens end ends close closes closing finish finishes conclude concludes message"
    " messages text texts sentence sentences phrase phrases line lines word words disclaimer notice warning wording exactly"
    " verbatim literally prefix suffix append prepend footer header headline heading slogan motto tagline title titled subject"
    " prompt caption label called named entitled read reads write writes written state states stated print prints printed output"
    " outputs return returns ask asks asked tell tells told announce recite display displays shown show shows put insert include"
    " add use mention quote quotes copy repeat translate summarise summarize rewrite correct classify following below this these"
    " template format example script error".split()
)
# The sentence behind one with such a word, or with "this" in front of the name of a text, may be what it points at.
_POINTING = frozenset("following exactly verbatim below unchanged".split())
_TEXTS = frozenset(
    "statement statements sentence sentences text texts message messages line lines word words disclaimer notice warning greeting"
    " phrase phrases wording question answer reply response example template poem letter".split()
)
_STATING = frozenset("is are be was were".split())
# Behind one of these a capital begins it.
_LEADING_TO = frozenset(
    "say says saying with word words sentence phrase message text line disclaimer notice motto slogan tagline state recite repeat"
    " print write reply respond answer append add called named titled entitled by be is are".split()
)
# No names: a capital in the middle of a sentence begins another one.
_NO_NAMES = frozenset(
    "We It In On At As By For To If Please Thank Thanks This That There These Those The Our Your You My Dear Hello Hi Welcome"
    " Sorry Yes No Not Never Always Do Does Is Are Can How What Who When Where Why Let All Every Because After Before Until".split()
)
_LABEL = 6  # words: "Rule 1:", "Changes to a booking:" are headings of what follows


def said(text: str) -> list[tuple[int, int]]:
    """The spans of a text that may be words to be said, sorted: each to the end of its line."""
    spans = []
    for start in _starts(text):
        end = text.find("\n", start)
        spans.append((start, len(text) if end < 0 else end))
    return spans


def _starts(text: str) -> Iterator[int]:
    """Where they begin, one in a line at most."""
    found = asking = pointing = False  # in this line; in this sentence
    words, last, behind = (
        0,
        "",
        "",
    )  # the sentence's words, the newest where it is small, the mark that ended the one before
    this = states = False
    for token in _TOKEN.finditer(text):
        kind = token.lastgroup
        if kind == "end":
            found = asking = pointing = states = False
            words, last, behind = 0, "", ""
        elif found:
            continue
        elif kind == "stop":
            mark = token[0]
            follows = asking or states or words > _LABEL if mark == ":" else pointing
            behind = mark if follows and words else ""
            if mark != ":":
                asking = pointing = False
            states, words, last = False, 0, ""
        else:
            word = token[0]
            if behind and (asking or pointing or word[0].isupper() or behind != ":"):
                found = True
                yield token.start()
                continue
            behind = ""
            if (
                last
                and word[0].isupper()
                and text[token.start() - 1] in " \t"
                and _begins(text, word, token.end(), last)
            ):
                found = True
                yield token.start()
                continue
            lowered = word.lower()
            words += 1
            asking = asking or lowered in _ASKING
            pointing = pointing or lowered in _POINTING or (this and lowered in _TEXTS)
            states = states or lowered in _STATING
            this = lowered in ("this", "these")
            last = word if word[0].islower() else ""


def _begins(text: str, word: str, end: int, last: str) -> bool:
    return word in _NO_NAMES or (last in _LEADING_TO and text[end : end + 1] in (" ", ",", "'"))
