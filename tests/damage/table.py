"""Sends the files through their placements and levels, and counts per kind."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from tests.damage.asking import LEVELS, Asking, Strength
from tests.damage.corpus.catalogue import File
from tests.damage.corpus.words import Dice
from tests.damage.judging import Verdict, judge
from tests.damage.placements import PLACEMENTS

PLACEMENTS_OF_A_FILE = 6


@dataclass
class Row:
    """The figures of one kind."""

    files: set[str] = field(default_factory=set)
    checked: int = 0
    harmed: int = 0
    substance: int = 0
    edits: int = 0
    applied: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, name: str, level: Strength, verdict: Verdict) -> None:
        """Count one verdict; keep a few harms in words."""
        self.files.add(name)
        self.checked += 1
        self.harmed += bool(verdict.harm)
        self.substance += not verdict.same_meaning
        self.edits += verdict.edits
        self.applied += verdict.applied
        if verdict.harm:
            self.examples.append(f"{name}, {verdict.placement}, {level}: {verdict.harm}")

    def said(self) -> str:
        """How many were harmed, and the first few in words."""
        return "\n".join([f"{self.harmed} of {self.checked} harmed", *self.examples[:6]])


def verdicts(asker: Asking, files: Iterable[File], *, every: bool = False) -> Iterator[tuple[File, Strength, Verdict]]:
    """Each file in some placements at two levels, so that a kind sees all of both; with `every`, in all at all."""
    for n, file in enumerate(files):
        places = range(len(PLACEMENTS)) if every else _some(n)
        for i, place in enumerate(places):
            case = PLACEMENTS[place](file, Dice(f"{file.name}-{place}"))
            if not asker.takes(case.messages):
                continue
            for level in LEVELS if every else ("aggressive", LEVELS[(n // 5 + i) % 3]):
                sent = asker.send(case.messages, level, tools=case.tools)  # type: ignore[arg-type]
                for verdict in judge(case, sent):
                    yield file, level, verdict  # type: ignore[misc]


def _some(n: int) -> list[int]:
    """Consecutive files of a kind take consecutive stretches of the placements."""
    return [(n * PLACEMENTS_OF_A_FILE + i) % len(PLACEMENTS) for i in range(PLACEMENTS_OF_A_FILE)]


def rows(asker: Asking, files: Iterable[File], *, every: bool = False) -> dict[str, Row]:
    """The figures of each kind."""
    found: dict[str, Row] = {}
    for file, level, verdict in verdicts(asker, files, every=every):
        found.setdefault(file.kind, Row()).add(file.name, level, verdict)
    return found
