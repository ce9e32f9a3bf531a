"""A person pastes something early and talks about it for long; the question at the end is about what was pasted."""

from dataclasses import dataclass
from functools import cache

from tests.damage.asking import Messages, assistant, system, user
from tests.damage.corpus.catalogue import KINDS, File, changed, of_kind
from tests.damage.corpus.words import Dice
from tests.damage.talk.examples import talk_after

_REPORT = (
    "The {noun} of {town} was opened in {year} by {person}, who had worked at the {other} works for {n} years.",
    "In the spring of {year} the council of {town} spent {n} thousand crowns on its {noun}, in spite of the flood.",
    "{person} wrote to the council that the {noun} was too narrow by {n} feet, and that the {other} would not fit.",
    "Of the {n} people who voted, {other}s from {town} made up a third, which nobody had expected before {year}.",
    "After that the {noun} stood empty until {person} bought it for {n} crowns and made a {other} of it.",
)
_TOWNS = ("Harlow Venn", "Ostmark", "Tilbrook", "Carrow", "Lund Ferry", "Pexton", "Maravel", "Stennis")


@dataclass(frozen=True)
class Pasted:
    """The conversation, and the passages that have to be in what is sent."""

    name: str
    messages: Messages
    passages: tuple[str, ...]


@cache
def conversations() -> tuple[Pasted, ...]:
    """A material of each kind, in one of four courses, then 15 to 40 messages of talk."""
    found = []
    for i, kind in enumerate(KINDS):
        long = [one for one in of_kind(kind)[2:] if len(one.text) > 900]
        file = next((one for one in long if "\r" not in one.text), long[0])
        found.append(_COURSES[i % len(_COURSES)](file, 8 + i % 13))
    reports = [File(f"report {n}", f"report {n}", report(Dice(f"report-{n}")), "blanks", ()) for n in range(8)]
    found += [_COURSES[i % len(_COURSES)](file, 9 + 2 * (i % 6)) for i, file in enumerate(reports)]
    return tuple(found)


def report(dice: Dice) -> str:
    """English prose of several paragraphs."""
    told = [
        pattern.format(
            noun=dice.noun(),
            other=dice.noun(),
            town=dice.one(_TOWNS),
            person=dice.person(),
            year=dice.randint(1801, 1999),
            n=dice.randint(2, 900),
        )
        for pattern in dice.sample(_REPORT, len(_REPORT)) + dice.sample(_REPORT, len(_REPORT))
    ]
    return "\n\n".join(" ".join(told[i : i + 3]) for i in range(0, len(told), 3)) + "\n"


def _first_turn(file: File, turns: int) -> Pasted:
    messages = [
        system("You help people to understand what they read."),
        user(f"Please read this, I will ask you about it:\n\n{file.text}"),
        *talk_after(turns),
        user("Back to what I gave you: what does its second line say, word for word?"),
    ]
    return Pasted(f"{file.kind}, first turn", messages, (file.text.strip("\n"),))


def _without_instructions(file: File, turns: int) -> Pasted:
    messages = [
        user("Hello! I have something to read through with you."),
        assistant("Gladly. Put it here."),
        user(f"```\n{file.text}```\n\nWhat is it about, in one sentence?"),
        *talk_after(turns),
        user("How many lines does the text have that I pasted?"),
    ]
    return Pasted(f"{file.kind}, no instructions", messages, (file.text.strip("\n"),))


def _two_versions(file: File, turns: int) -> Pasted:
    later = changed(file, 7)
    messages = [
        system("You compare versions."),
        user(f"Version one of it:\n\n{file.text}"),
        assistant("Thank you, I have read it."),
        user(f"And here is version two, which is the one that counts from now on:\n\n{later.text}"),
        *talk_after(turns),
        user("In the version that counts, which line is the longest?"),
    ]
    return Pasted(f"{file.kind}, two versions", messages, (later.text.strip("\n"),))


def _in_the_middle(file: File, turns: int) -> Pasted:
    messages = [
        system("You are a patient tutor."),
        user("I do not know where to begin with my homework, can you help me?"),
        *talk_after(3),
        assistant("Show me what you have to work with."),
        user(f"This is it.\n\n{file.text}\n\nWhat do I do first?"),
        *talk_after(turns),
        user("Quote me the last line of the thing that I showed you."),
    ]
    return Pasted(f"{file.kind}, in the middle", messages, (file.text.strip("\n"),))


_COURSES = (_first_turn, _without_instructions, _two_versions, _in_the_middle)
