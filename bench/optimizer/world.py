"""A made-up country for questions that need several documents: people, firms, works, towns, rivers, books and feasts.

Nothing in it exists, so no model and no table of words knows an answer. Names are few and near each other on purpose.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from bench.optimizer import phrases

Sort = Literal["person", "firm", "work", "town", "river", "book", "feast"]
_FIRST = (
    "Selma Oskar Ines Tomas Jorun Pavel Aiko Dario Lena Bram Noor Ruth Yara Milo Greta Anton Vera Emil Ida Leon".split()
)
_LAST = "Varga Quint Halvers Brandel Mokoena Teague Lindqvist Farrow Sandoval Ibsen Kettle Ostrava".split()
_TOWN = "Har Til Car Pex Mar Sten Ulm Bris Wen Lor Ash Dun Kel Oster Fal".split()
_TOWN_END = "low brook row ton avel nis bach set ford ley wick moor".split()
_RIVER = "Ulm Carrow Lesk Venn Tarn Orrin Sable Wey Dorn Isk Maun Ferth".split()
_TRADE = "Engineering,Shipyard,Works,Brothers,& Sons,Foundry,Builders,Press,Mills,Instruments".split(",")
_WORK = "Bridge,Viaduct,Hall,Lighthouse,Theatre,Library,Pier,Observatory,Tower,Ferry Station".split(",")
_COUNTY = "Northmark Eastlow Veldshire Saltmere Highfell Lowmarch Greyshire Wolden".split()
_TITLE = "Salt Winter Ledger Harbour Glass Orchard Lantern Crossing Copper Silence Ferryman Almanac".split()
_FEAST = "Lantern Regatta Harvest Kite Organ Winter Bell Chess Herring Glass".split()
_LAKE = "Lake Aster,Lake Morven,Lake Tilde,the Grey Lagoon,Lake Onder,the Bay of Lorne".split(",")


@dataclass
class Thing:
    """Something with a page of its own. `facts` name other things' keys, or hold a plain value."""

    key: int
    sort: Sort
    name: str
    facts: dict[str, "int | str"] = field(default_factory=dict)
    text: str = ""

    @property
    def called(self) -> tuple[str, ...]:
        """Its name, and how other pages may write it."""
        first, _, rest = self.name.partition(" ")
        if self.sort == "person":
            return self.name, f"{first[0]}. {rest}"
        if self.sort == "river":
            return self.name, f"the {rest}"
        if self.sort == "firm":
            return self.name, f"{self.name} Ltd"
        return self.name, first if self.sort == "town" else self.name

    @property
    def title(self) -> str:
        """What its page is called: now and then with what it is, as where two have one name."""
        told = {"person": self.facts.get("trade"), "river": "river", "book": "novel"}.get(self.sort)
        return f"{self.name} ({told})" if told and self.key % 6 == 0 else self.name


class World:
    """One country. The same seed gives the same one."""

    def __init__(self, seed: int, towns: int = 14, people: int = 30, firms: int = 16, works: int = 18) -> None:
        self.dice = random.Random(f"world-{seed}")
        self.things: list[Thing] = []
        self._names: set[str] = set()
        rivers = [self._add("river", lambda: f"River {self._one(_RIVER)}", into=self._one(_LAKE)) for _ in range(8)]
        places = [
            self._add("town", self._town, river=self._key(rivers), county=self._one(_COUNTY), year=self._year())
            for _ in range(towns)
        ]
        persons = [
            self._add(
                "person", self._person, born_in=self._key(places), born=self._year(), trade=self._one(phrases.TRADES)
            )
            for _ in range(people)
        ]
        for person in persons:
            person.facts["teacher"] = self._key([one for one in persons if one is not person])
        houses = [
            self._add("firm", self._firm, founder=self._key(persons), seat=self._key(places), year=self._year())
            for _ in range(firms)
        ]
        for _ in range(works):
            builder, designer, place = self._key(houses), self._key(persons), self._key(places)
            self._add("work", self._work, builder=builder, designer=designer, place=place, year=self._year())
        for _ in range(12):
            writer, press, about = self._key(persons), self._key(houses), self._key(places)
            self._add("book", self._book, writer=writer, press=press, about=about, year=self._year())
        for _ in range(8):
            self._add("feast", self._feast, place=self._key(places), patron=self._key(persons), year=self._year())
        for thing in self.things:
            thing.text = self._page(thing)

    def of(self, sort: Sort) -> list[Thing]:
        """All things of a sort."""
        return [thing for thing in self.things if thing.sort == sort]

    def follow(self, thing: Thing, fact: str) -> Thing:
        """The thing that a fact names."""
        key = thing.facts[fact]
        assert isinstance(key, int)
        return self.things[key]

    def _page(self, thing: Thing) -> str:
        """The facts in one of several wordings each, and what such pages say besides, up to some 60 to 150 words."""
        named = {name: self._mention(self.things[v]) if isinstance(v, int) else v for name, v in thing.facts.items()}
        named |= {"name": thing.name, "other": self._other(thing), "n": str(self.dice.randint(2, 90))}
        opening, *facts = phrases.FACTS[thing.sort]
        told = [self._one(opening)]
        rest = [self._one(variants) for variants in facts]
        rest += self.dice.sample(phrases.BESIDES[thing.sort], self.dice.randint(3, 5))
        self.dice.shuffle(rest)
        sentences = [sentence.format(**named) for sentence in (*told, *rest)]
        return " ".join(sentence[0].upper() + sentence[1:] for sentence in sentences)

    def _mention(self, thing: Thing) -> str:
        """A thing's name as pages write it, mostly in full. Rivers lose theirs every other time."""
        name, other = thing.called
        return other if self.dice.random() < (0.5 if thing.sort == "river" else 0.12) else name

    def _other(self, thing: Thing) -> str:
        """Another thing's name, as pages mention things that they are not about."""
        return self.dice.choice([one for one in self.things if one is not thing]).name

    def _add(self, sort: Sort, name: "object", **facts: int | str) -> Thing:
        assert callable(name)
        while (called := str(name())) in self._names:
            continue
        self._names.add(called)
        thing = Thing(len(self.things), sort, called, dict(facts))
        self.things.append(thing)
        return thing

    def _one(self, of: Sequence[str]) -> str:
        return self.dice.choice(of)

    def _key(self, of: Sequence[Thing]) -> int:
        return self.dice.choice(of).key

    def _year(self) -> str:
        return str(self.dice.randint(1780, 1960))

    def _town(self) -> str:
        return self._one(_TOWN) + self._one(_TOWN_END) + self._one(("", "", "", " Green", " Regis"))

    def _person(self) -> str:
        return f"{self._one(_FIRST)} {self._one(_LAST)}"

    def _firm(self) -> str:
        return f"{self._one(_LAST)} {self._one(_TRADE)}"

    def _work(self) -> str:
        return f"{self._one((*_LAST, *_RIVER))} {self._one(_WORK)}"

    def _book(self) -> str:
        return f"The {self._one(_TITLE)} of {self._one((*_TITLE, *_RIVER))}"

    def _feast(self) -> str:
        return f"{self._one(_RIVER)} {self._one(_FEAST)} Festival"
