"""Articles dropped from instructions: the boldest rewriting, for the aggressive level only.

Nothing here knows parts of speech, so an article goes only behind a word of a short list (verbs, prepositions, conjunctions)
that a noun phrase belongs to, and in front of a noun that stands for nothing else, with at most one adjective between.
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
# What an article opens: nouns that stand for nothing else, of a policy, a shop, an office, a program.
_NOUNS = (
    "account accounts action actions address addresses agent agents airline aircraft amount answer answers app application"
    " applicant arguments assistant attachment author bag bags baggage balance bank booking bookings browser budget building"
    " cabin calculation calendar caller campaign candidate card cards cart category certificate chapter character city claim"
    " client clients clinic column columns comment comments committee company complaint component condition conditions content"
    " contract conversation cost costs country coupon court currency customer customers data database date deadline decision"
    " definition delivery department description destination detail details device diagram dictionary difference discount doctor"
    " document documents domain driver editor email emails employee employees employer environment error errors event events"
    " example examples exception expert explanation expression fee field fields file files flight flights folder"
    " formula function gateway goal group guest guideline guidelines hotel idea identity image images index industry information"
    " input instruction instructions insurance interface internet interview invoice issue item items job journey keyword"
    " language law lawyer layer letter library license limit link links list lists location log logs machine mail manager map"
    " market meaning meeting member members membership memory menu merchant message messages method methods model models money"
    " name names network node note notes object objects office operation operator option options order orders organisation"
    " organization origin outcome output owner package page pages paragraph parameter parameters parcel partner party passenger"
    " passengers password patient payment payments people permission person phone photo picture plan plans platform player policy"
    " policies population price prices problem problems procedure process product products profile program programme project"
    " projects prompt property proposal provider purchase quality quantity query question questions reader reason reasons receipt"
    " recipient recipe record records refund refunds region report reports request requests requirement requirements reservation"
    " reservations resource response responses restaurant result results review reviews role roles room row rows rule rules"
    " schedule school scope score screen script seat seats segment segments section sections seller sender sentence sentences server"
    " service services session shipment shop signature site situation skill software solution source sources speaker staff statement"
    " status step steps story strategy string student students subject summary supplier survey symptom system systems table tables"
    " task tasks teacher team teams terms test tests text texts theme theory ticket tickets title tone tool tools topic topics town"
    " transaction transfer translation traveler traveller trip type types unit units update updates user users value values"
    " variable variables vehicle vendor version versions video visitor voice warehouse warning website word words worker writer"
)
_ADJECTIVES = (
    "current original relevant specific correct complete entire given existing previous actual available human final customer"
    " travel credit gift checked remaining extra regular silver gold"
)
# "In the name of" and its like are set phrases.
_SET = r"(?!(?:name|amount|terms|event|people|data|process|course|scope) of\b)"
_FOLLOWING = (
    rf"(?P<next>(?:(?:{'|'.join(_ADJECTIVES.split())}) )?{_SET}(?:{'|'.join(_NOUNS.split())}|[A-Z]{{2,}}))(?![-’'\w])"
)
_INSIDE = re.compile(rf"(?<=[a-z,;:] )(?P<article>the|an|a) (?={_FOLLOWING})")
# At the head of a sentence the next word takes over the capital.
_OPENING = re.compile(rf"(?:^(?:(?:[-*•]|\d{{1,3}}[.)])[ \t])?|(?<=[.!?:] ))(?P<article>The|An|A) {_FOLLOWING}")
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
        if last is None or not _leads_in(last[1].lower(), match["article"]) or before.endswith(" order to "):
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
