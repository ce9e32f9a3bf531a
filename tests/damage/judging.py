"""Whether a file arrived as it was, whether it still says the same, and whether an edit that quotes it would apply."""

import json
import re
from dataclasses import dataclass

from tests.damage.asking import Sent, text_of
from tests.damage.corpus.catalogue import File
from tests.damage.corpus.words import Dice
from tests.damage.readers import Unreadable, read
from tests.damage.rules import Case, Expected
from tests.fixtures.tables import read_table

EDITS = 20
_POINTER = re.compile(r"\b(?:same|earlier|unchanged|identical|above)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Verdict:
    """What became of one file at one place. `harm` says in words what is wrong, and is empty where nothing is."""

    kind: str
    placement: str
    harm: str
    same_meaning: bool
    edits: int
    applied: int


def judge(case: Case, sent: Sent) -> list[Verdict]:
    """One verdict for each file of the case."""
    return [_judge_one(case, expected, sent) for expected in case.expected]


def plain(text: str) -> str:
    """The text without blanks at line ends, and with no more than one empty line in a row."""
    lines = "\n".join(line.rstrip() for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines).strip("\n")


def _judge_one(case: Case, expected: Expected, sent: Sent) -> Verdict:
    file = expected.file
    before = text_of(case.messages[expected.at])
    after = sent.at(expected.at)
    if expected.rule in ("newest", "old"):
        after = _newest(file, after, sent, expected.at)
    if after is None and expected.rule == "old":
        return Verdict(file.kind, case.placement, "", True, 0, 0)
    if after is None:
        return Verdict(file.kind, case.placement, "the message is gone", False, EDITS * expected.edited, 0)
    harm = _harm(expected, before, after)
    edits, applied = _edits(file, before, after) if expected.edited else (0, 0)
    return Verdict(file.kind, case.placement, harm, not harm or _reads_alike(file, before, after), edits, applied)


def _newest(file: File, after: str | None, sent: Sent, at: int) -> str | None:
    """The newest copy: the message itself, or what stands whole before it where the message says so."""
    if after is None or after == file.text or len(after) > 200 or not _POINTER.search(after):
        return after
    for place, text in zip(sent.positions, sent.texts(), strict=True):
        if place < at and text == file.text:
            return text
    return after


def _harm(expected: Expected, before: str, after: str) -> str:
    file = expected.file
    if after == before:
        return ""
    if expected.rule in ("whole", "newest", "old"):
        return _difference(before, after)
    if expected.rule == "value":
        return "" if same_value(before, after) else "another value"
    if expected.rule == "blanks":
        return "" if plain(file.text) in plain(after) else _missing(file, after)
    lost = [part for part in file.parts if after.count(part) != before.count(part)]
    return _missing(file, after) if lost else ""


def _difference(before: str, after: str) -> str:
    """The first line in which two texts differ."""
    ours, theirs = before.split("\n"), after.split("\n")
    for n, line in enumerate(ours):
        other = theirs[n] if n < len(theirs) else ""
        if other != line:
            return f"line {n + 1}: {line[:90]!r} became {other[:90]!r}"
    return "something stands behind it"


def _missing(file: File, after: str) -> str:
    """The first line of a file that is not in what was sent."""
    there = set(after.split("\n"))
    for n, line in enumerate(file.text.split("\n")):
        if line not in there:
            return f"line {n + 1} is gone or changed: {line[:120]!r}"
    return "lines are missing, or in another order"


def same_value(before: str, after: str) -> bool:
    """Whether two texts are one JSON value, whatever the order of names; the second may be in the short form of tables.

    A text that is no JSON is only the same as itself.
    """
    try:
        value = json.dumps(json.loads(before), sort_keys=True)
    except ValueError:
        return before == after
    for reader in (json.loads, read_table):
        try:
            if json.dumps(reader(after), sort_keys=True) == value:
                return True
        except ValueError:
            continue
    return False


def _reads_alike(file: File, before: str, after: str) -> bool:
    """Whether the kind's own reader reads the same, of what stands between the file's first and last line."""
    found = _region(file, before, after)
    try:
        return found is not None and read(file.kind, found) == read(file.kind, file.text.strip("\r\n"))
    except Unreadable:
        return False


def _region(file: File, before: str, after: str) -> str | None:
    at = before.find(file.text)
    if at <= 0 and len(before) == len(file.text):
        return after.strip("\r\n")
    head = before[max(at - 20, 0) : at].strip()
    tail = before[at + len(file.text) :].strip()[:20]
    start = after.find(head) + len(head) if head else 0
    end = after.rfind(tail) if tail else len(after)
    return after[start:end].strip("\r\n") if 0 <= start <= end else None


def _edits(file: File, before: str, after: str) -> tuple[int, int]:
    """Blocks of lines quoted from what was sent, looked up in the file as an editor would: each just as often there."""
    if after == before:
        return EDITS, EDITS
    region = _region(file, before, after) or after
    lines = region.split("\n")
    dice = Dice(f"{file.name}-edits")
    applied = 0
    for _ in range(EDITS):
        start = dice.randrange(len(lines))
        block = "\n".join(lines[start : start + dice.randint(1, 4)])
        applied += bool(block) and file.text.count(block) == region.count(block)
    return EDITS, applied
