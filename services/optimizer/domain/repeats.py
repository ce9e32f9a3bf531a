"""Instructions that were given before, word for word, and need not be given again."""

import re
from collections.abc import Iterator, Sequence

from services.optimizer.domain.english import is_english
from services.optimizer.domain.evidence import HEADING, ITEM
from services.optimizer.domain.kinds import segments
from services.optimizer.domain.spans import Edit, Span, apply

FEWEST_WORDS = 8

_LINE = re.compile(r"[^\n]+")
_SENTENCE = re.compile(r"\S.*?(?:[.!?](?=\s|$)|$)")
# An instruction that says by itself what it wants: nothing around it says when or of what it holds.
_INSTRUCTS = re.compile(
    r"(?:Please\s+)?(?:Always|Never|Do not|Don't|You (?:must|should|may|can|cannot|are not)|Answer|Respond|Reply|Check|Ask|Keep|Use|"
    r"Make sure|Ensure|Be|Write|Give|Avoid|Include|Remember|Follow|Verify|Confirm|Provide|Only|No)\b"
)
_DEPENDS = re.compile(
    r"\b(?:if|when|whenever|unless|while|then|this|these|those|such|above|below|following|here|instead|otherwise|same|so|it|its|"
    r"they|them|their|he|she|his|her|next|first|second|third|last|former|latter|case|step|one|ones|also|else|again)\b|:",
    re.IGNORECASE,
)


def once(text: str, keep: Sequence[Span]) -> str:
    """The text without instructions that it gave before. The first copy stays where it is.

    An instruction is a repeat only while nothing but such instructions stands between the two: a heading, an example, a
    condition or anything that is not prose may give it another sense. Nothing goes that would leave the text empty.
    """
    shorter = apply(text, _repeats(text), keep)
    return shorter if shorter.strip() else text


def _repeats(text: str) -> Iterator[Edit]:
    seen: set[str] = set()
    for segment in segments(text):
        if segment.kind != "prose":
            seen.clear()
            continue
        for line in _LINE.finditer(text, segment.start, segment.end):
            if ITEM.match(line.group()) or HEADING.match(line.group()) or not is_english(line.group()):
                if line.group().strip():
                    seen.clear()
                continue
            for sentence in _SENTENCE.finditer(text, *line.span()):
                said = sentence.group()
                if not _INSTRUCTS.match(said) or _DEPENDS.search(said) or len(said.split()) < FEWEST_WORDS:
                    seen.clear()
                elif said in seen:
                    yield _without(text, sentence.span(), line.span())
                else:
                    seen.add(said)


def _without(text: str, sentence: Span, line: Span) -> Edit:
    """Take a sentence out of its line: with the blanks behind it where it opens the line, else with those before it."""
    start, end = sentence
    if start == line[0] and end < line[1]:
        while end < line[1] and text[end].isspace():
            end += 1
        return Edit(start, end, "")
    while start > 0 and text[start - 1].isspace():
        start -= 1
    return Edit(start, end, "")
