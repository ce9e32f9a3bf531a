"""Wordy phrases said shortly and fillers dropped, each only between neighbours that cannot give it another meaning."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from services.optimizer.domain.spans import Edit


class Phrase(NamedTuple):
    """`before` and `after` are patterns that the text on either side must fit; an empty `said` drops the phrase, which must
    then open a sentence.
    """

    wordy: str
    said: str
    before: str = ""
    after: str = ""


_CLAUSE = r"\s+(?!(?:as|is|are|was|were|in|of|to|and|or|with|by|for|at|on|means|should|must|can|may)\b)[A-Za-z]"
_STOPS = r"\s*(?:[.,;!?]|$)"
_OPENS = r"(?:^|[.!?]\s)\s*(?:(?:[-*•]|\d{1,3}[.)])\s+)?$"
# A verb that is no noun: what stands before it is "in order to", and not things "in order" that go somewhere.
_VERB = (
    r"\s+(?:be|have|get|give|provide|ensure|avoid|create|improve|understand|determine|achieve|complete|do|see|solve|write|"
    r"allow|prevent|reduce|maintain|generate|become|choose|decide|learn|explain|describe|identify|obtain|protect|satisfy)\b"
)
_IMPERATIVE = (
    r"\s+(?:answer|act|add|always|avoid|be|check|consider|create|describe|do|ensure|explain|find|follow|give|help|ignore|"
    r"include|keep|let|list|make|never|only|provide|read|refer|remember|reply|respond|return|say|send|show|speak|start|stay|"
    r"suggest|recommend|generate|analyse|analyze|compare|choose|convert|define|discuss|evaluate|identify|imagine|offer|pretend|"
    r"summarise|summarize|tell|think|translate|try|use|wait|write)\b"
)
_DETERMINED = r"\s+(?:the|any|each|every|your|his|her|its|our|their|these|those)\s"
_NOT_NAMED = r"(?<!\bthe)(?<!\ba)(?<!\bthis)(?<!\bthat)(?<!\bits)(?<!\bour)(?<!\byour)(?<!\bset)(?<!\bprior)\s$"

# Sure between any neighbours that fit: the conjunctions need a clause behind them, the fillers a sentence to open.
SURE = (
    Phrase("due to the fact that", "because", after=_CLAUSE),
    Phrase("owing to the fact that", "because", after=_CLAUSE),
    Phrase("in light of the fact that", "because", after=_CLAUSE),
    Phrase("in spite of the fact that", "although", after=_CLAUSE),
    Phrase("despite the fact that", "although", after=_CLAUSE),
    Phrase("in the event that", "if", after=_CLAUSE),
    Phrase("until such time as", "until", after=_CLAUSE),
    Phrase("at this point in time", "now", after=_STOPS),
    Phrase("at the present time", "now", after=_STOPS),
    Phrase("in order to", "to", before=_OPENS, after=r"\s+[a-z]"),
    Phrase("it is important to note that", "", after=r"\s+(?:you|the|this|all|any|each|every|users?|customers?)\b"),
    Phrase("please note that", "", after=_CLAUSE),
    Phrase("please be aware that", "", after=_CLAUSE),
    Phrase("please keep in mind that", "", after=_CLAUSE),
    Phrase("i want you to", "", after=_IMPERATIVE),
    Phrase("i would like you to", "", after=_IMPERATIVE),
    Phrase("i'd like you to", "", after=_IMPERATIVE),
    Phrase("please make sure that", "ensure", before=_OPENS, after=_CLAUSE),
    Phrase("please ensure that", "ensure", before=_OPENS, after=_CLAUSE),
)
# Likely enough between these neighbours: for the aggressive level.
LIKELY = (
    *SURE,
    Phrase("please", "", after=_IMPERATIVE),
    Phrase("in order to", "to", after=_VERB),
    Phrase("is able to", "can", before=r"[a-z]\s$", after=r"\s+[a-z]"),
    Phrase("are able to", "can", before=r"[a-z]\s$", after=r"\s+[a-z]"),
    Phrase("has the ability to", "can", before=r"[a-z]\s$", after=r"\s+[a-z]"),
    Phrase("have the ability to", "can", before=r"(?:they|users?|customers?|agents?)\s$", after=r"\s+[a-z]"),
    Phrase("on a daily basis", "daily", after=_STOPS),
    Phrase("on a regular basis", "regularly", after=_STOPS),
    Phrase("prior to", "before", before=_NOT_NAMED, after=_DETERMINED),
    Phrase("subsequent to", "after", before=_NOT_NAMED, after=_DETERMINED),
    Phrase("make use of", "use", after=_DETERMINED),
    Phrase("makes use of", "uses", after=_DETERMINED),
)

_SENTENCE_OPENS = re.compile(_OPENS)
# Texts about wording, and texts to be spoken, need theirs.
ABOUT_WORDING = re.compile(
    r"\b(?:polite\w*|rewrit\w*|rephras\w*|paraphras\w*|proofread\w*|spelling|grammar|translat\w*|verbatim|quot\w*|phrases?|wording|"
    r"caller|voice|spoken|aloud|menu|script|subject line|greeting|(?:say|read|repeat|write) (?:this|these|hello|the following))\b",
    re.IGNORECASE,
)
_LETTER = re.compile(r"\w")
_NEXT = re.compile(r"\s+(\w)")
_WORD = re.compile(r"[a-z']+")
_NEAR = 40


class Wording:
    """Looks for a list of phrases; compiled once."""

    def __init__(self, phrases: tuple[Phrase, ...]) -> None:
        opens = [phrase if phrase.said else phrase._replace(before=_OPENS) for phrase in phrases]
        # Looked for first: most texts hold few of these words, and then few of the phrases are worth a search.
        self._by_first: dict[str, list[tuple[Phrase, re.Pattern[str], re.Pattern[str]]]] = {}
        for phrase in opens:
            patterns = (re.compile(phrase.before, re.IGNORECASE), re.compile(phrase.after))
            self._by_first.setdefault(phrase.wordy.split(" ")[0], []).append((phrase, *patterns))

    def edits(self, line: str) -> list[Edit]:
        """What would be said shorter in a line, in order; of two at one place the longer."""
        lowered = line.lower()
        if len(lowered) != len(line):  # a letter that is longer in lower case: places in both would differ
            return []
        found = [
            edit
            for first in self._by_first.keys() & set(_WORD.findall(lowered))
            for phrase, before, after in self._by_first[first]
            for start in _places(lowered, phrase.wordy)
            if (edit := _edit(line, phrase, start, before, after)) is not None
        ]
        return sorted(found, key=lambda edit: (edit.start, -edit.end))


def _places(lowered: str, phrase: str) -> Iterator[int]:
    start = lowered.find(phrase)
    while start >= 0:
        yield start
        start = lowered.find(phrase, start + len(phrase))


def _edit(line: str, phrase: Phrase, start: int, before: re.Pattern[str], after: re.Pattern[str]) -> Edit | None:
    end = start + len(phrase.wordy)
    if (start > 0 and _LETTER.match(line, start - 1)) or not after.match(line, end):
        return None
    left = max(0, start - _NEAR)
    # The patterns look at the last words only; what stands further left does not open a sentence there.
    near = line[left:start] if left == 0 else "…" + line[left:start]
    if not before.search(near):
        return None
    capital = line[start].isupper()
    # Inside of a sentence capitals make a name of it: a defined term, a title.
    if line[start + 1 : end] != phrase.wordy[1:] or (capital and not _SENTENCE_OPENS.search(near)):
        return None
    if phrase.said:
        return Edit(start, end, phrase.said.capitalize() if capital else phrase.said)
    following = _NEXT.match(line, end)
    if following is None:
        return None
    return Edit(start, following.end(), following[1].upper() if capital else following[1])


MODERATE, AGGRESSIVE = Wording(SURE), Wording(LIKELY)
