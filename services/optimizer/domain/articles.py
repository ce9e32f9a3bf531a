"""Articles dropped from instructions: the boldest rewriting, for the aggressive level only.

Nothing here knows parts of speech, so an article goes only behind a word of a short list (verbs, prepositions, conjunctions)
that a noun phrase belongs to, and never in front of a word that the article gives its sense.
"""

import re
from collections.abc import Sequence

from services.optimizer.domain.spans import Edit

# A text about wording needs its words: such a line keeps all its articles.
_ABOUT_WORDING = (
    "translat gramma proofread rewrit rephras paraphras spelling poem poetry lyric verse haiku quote quotation verbatim"
    " word-for-word article"
).split()
# Behind these an article opens a noun phrase that belongs to them.
_LEADING_IN = (
    "of in to from with so unless sure for by on about at into onto over under within without through during between against and or that if"
    " when where whether until after before because since while as than is are was were be has have had can may must should"
    " will would does do did not ask asks answer tell give gives get help helps obtain provide check confirm cancel change"
    " modify update follow read use uses using explain describe list show return send include ensure make complete collect"
    " verify remove add find keep take write wants want needs need offer offers contains consider reach meet apply"
    " select choose inform notify refuse deny accept reject assist determine identify require requires receive receives pay"
)
_BEFORE_A = "as is be are was provide write give send create make offer from with for into to of by in has have add use contains"
_MEASURING = frozenset("in of to by for with from into as".split())
# Words behind an article that compare, count, point or refer: without it they say something else, or nothing.
_TURNED = (
    "more less most least better best worse worst same other others another first second third last next former latter only few"
    " little lot bit number many much great good certain one two three four five six seven eight nine ten hundred thousand"
    " half whole rest following above below way end time times while meantime hour hours day days week weeks month months year"
    " years minute minutes night piece head dozen couple pair sooner is are was were or and in on of to by with for at than vs"
    " as from means can has have must should will would equals minus plus not a an the this that new"
)
_FOLLOWING = r"(?P<next>[a-z]{3,}|[A-Z]{2,})(?![-’'\w])"
_NOT_TURNED = (
    rf"(?!(?:{'|'.join(_TURNED.split())})\b)(?![a-z]+(?:er|est|ier)\b(?<!user)(?<!number)(?<!order)"
    r"(?<!customer)(?<!member)(?<!passenger)(?<!answer))"
)
_INSIDE = re.compile(rf"(?<=[a-z,;:] )(?P<article>the|an|a) (?={_NOT_TURNED}{_FOLLOWING})")
# At the head of a sentence the next word takes over the capital.
_OPENING = re.compile(
    rf"(?:^(?:(?:[-*•]|\d{{1,3}}[.)])[ \t])?|(?<=[.!?:] ))(?P<article>The|An|A) {_NOT_TURNED}{_FOLLOWING}"
)
_LAST_WORD = re.compile(r"([A-Za-z]+|[,;:]) $")
_ALLOWED = {"the": frozenset((*_LEADING_IN.split(), *",;:")), "a": frozenset(_BEFORE_A.split())}
_ALLOWED["an"] = _ALLOWED["a"]
# "twice in a period", "3 of a team": behind a count an article makes a measure.
_COUNTS = re.compile(
    r"\b(?:\d[\w.,]*|one|two|three|four|five|six|seven|eight|nine|ten|once|twice|times|half|per|each|every|most|more|less|fewer)"
    r"\s+(?:\w+\s+){0,2}$",
    re.IGNORECASE,
)
_NEAR = 60


def articles(line: str) -> Sequence[Edit]:
    """Each article of an English line that is sure to open a noun phrase and to count nothing."""
    lowered = line.lower().replace("word for word", "word-for-word")
    if any(word in lowered for word in _ABOUT_WORDING):
        return ()
    edits = [Edit(m.start("article"), m.end("next"), _capital(m["next"])) for m in _OPENING.finditer(line)]
    for match in _INSIDE.finditer(line):
        before = line[max(0, match.start() - _NEAR) : match.start()]
        last = _LAST_WORD.search(before)
        if last is None or not _leads_in(last[1].lower(), match["article"]):
            continue
        counts = match["article"] != "the" and last[1].lower() in _MEASURING
        if counts and _COUNTS.search(before[: last.start()]):
            continue
        edits.append(Edit(match.start(), match.end(), ""))
    return sorted(edits)


def _leads_in(word: str, article: str) -> bool:
    return word in _ALLOWED[article] or (article == "the" and len(word) > 5 and word.endswith("ing"))


def _capital(word: str) -> str:
    return word[0].upper() + word[1:]
