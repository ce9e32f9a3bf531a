"""Names, sentences and numbers that the generators draw from. Wordy phrases are frequent on purpose: levers look for them."""

import random
from collections.abc import Sequence

NOUNS = (
    "invoice order parcel ledger account voucher shipment refund customer depot ticket sensor batch tenant cart "
    "session widget booking license report payment queue region worker signal vessel permit survey garden bridge"
).split()
VERBS = (
    "load merge split check apply close open route send fetch parse store count retry rename clear sort pack".split()
)
ADJECTIVES = (
    "late early local open stale heavy quiet plain broken remote empty partial shared frozen narrow hidden".split()
)
PEOPLE = "Mira Tomas Ines Jorun Pavel Aiko Dario Selma Kofi Lena Bram Noor Ruth Oskar Yara Milo".split()
SURNAMES = "Halvers Quint Ostrava Brandel Mokoena Teague Lindqvist Farrow Sandoval Ibsen Kettle Varga".split()
TOWNS = "Harlow Venn, Ostmark, Tilbrook, Carrow, Lund Ferry, Pexton, Maravel, Stennis, Ulmbach, Brisset".split(", ")
WORDY = (
    "in order to keep the {noun} in sync",
    "with respect to the {noun}",
    "due to the fact that the {noun} is {adjective}",
    "prior to the next {noun}",
    "on the basis of the {noun}",
    "make sure that every {noun} is {adjective}",
    "please note that the {noun} may be {adjective}",
    "for the purpose of the {noun}",
    "the majority of the {noun}s",
    "it is important to note that a {noun} is not a {noun}",
    "in the event that the {noun} is {adjective}",
    "subsequent to the {noun}",
    "in accordance with the {noun}",
    "a large number of {adjective} {noun}s",
    "utilize the {adjective} {noun}",
    "each and every {noun}",
)
LICENCE = (
    "This file is part of the {name} project and may be used under the terms of its own licence.",
    "It is provided as it is, without a warranty of any kind, in order to help those who run the same service.",
    "Please make sure that this notice stays in each and every copy of the file.",
)


class Dice(random.Random):
    """A generator of chance with the draws that all kinds need. Seeded by a text, it is the same on every machine."""

    def one(self, of: Sequence[str]) -> str:
        """One of several."""
        return of[self.randrange(len(of))]

    def noun(self) -> str:
        """A thing."""
        return self.one(NOUNS)

    def name(self) -> str:
        """A snake_case name of a function."""
        return f"{self.one(VERBS)}_{self.noun()}" + (f"_{self.one(ADJECTIVES)}" if self.random() < 0.3 else "")

    def camel(self) -> str:
        """A camelCase name."""
        return self.one(VERBS) + self.noun().capitalize() + (self.one(ADJECTIVES).capitalize() * (self.random() < 0.3))

    def type(self) -> str:
        """A PascalCase name."""
        return self.one(ADJECTIVES).capitalize() + self.noun().capitalize()

    def person(self) -> str:
        """First and last name."""
        return f"{self.one(PEOPLE)} {self.one(SURNAMES)}"

    def wordy(self) -> str:
        """A phrase that a shortener would like to shorten."""
        pattern = self.one(WORDY)
        while "{noun}" in pattern or "{adjective}" in pattern:
            pattern = pattern.replace("{noun}", self.noun(), 1).replace("{adjective}", self.one(ADJECTIVES), 1)
        return pattern

    def sentence(self) -> str:
        """A sentence as comments and documents hold it."""
        opening = self.one(
            (
                f"The {self.noun()} has to {self.one(VERBS)} the {self.noun()}",
                f"We {self.one(VERBS)} the {self.one(ADJECTIVES)} {self.noun()}",
                f"Each {self.noun()} of the {self.noun()} is {self.one(ADJECTIVES)}",
                f"{self.one(PEOPLE)} asked for the {self.one(ADJECTIVES)} {self.noun()}",
            )
        )
        return f"{opening}, {self.wordy()}."

    def licence(self, mark: str) -> list[str]:
        """A licence header, the same in every file of a project, each line behind a comment mark."""
        return [f"{mark} {line.format(name='Tallyho')}" for line in LICENCE]

    def amount(self) -> str:
        """A sum of money without its sign."""
        return f"{self.randint(1, 9999)}.{self.randint(0, 99):02}"

    def date(self) -> str:
        """A day of one year."""
        return f"2026-{self.randint(1, 12):02}-{self.randint(1, 28):02}"

    def clock(self) -> str:
        """A time of day."""
        return f"{self.randint(0, 23):02}:{self.randint(0, 59):02}:{self.randint(0, 59):02}"

    def code(self) -> str:
        """A short reference of letters and digits."""
        return f"{self.choice('ABCDEFGHKLMNPRSTX')}{self.choice('ABCDEFGHKLMNPRSTX')}-{self.randint(1000, 99999)}"

    def address(self) -> str:
        """A network address of a documentation range."""
        return f"{self.one(('192.0.2', '198.51.100', '203.0.113'))}.{self.randint(1, 254)}"

    def blanks(self, line: str) -> str:
        """The line, now and then with blanks behind it."""
        return line + self.one(("", "", "", "", "", " ", "  ", "   ", "\t"))


def filled(parts: list[str], lines: int) -> list[str]:
    """The first so many lines of the parts, whole parts only."""
    taken: list[str] = []
    for part in parts:
        taken += part.split("\n")
        if len(taken) >= lines:
            break
    return taken
