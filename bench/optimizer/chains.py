"""Questions about a made-up country that need one, two or three of its pages, and the pages that are put beside those."""

import random
from collections.abc import Sequence
from typing import NamedTuple

from bench.optimizer.world import Sort, Thing, World


class Chain(NamedTuple):
    """Where a question starts, which facts lead on from there, and how it is asked (of the first thing's name)."""

    start: Sort
    facts: tuple[str, ...]
    asked: tuple[str, ...]


# The last page of a chain holds the answer: a chain of n facts that name things needs n + 1 pages.
ONE: tuple[Chain, ...] = (
    Chain("firm", (), ("Who founded {0}?", "In which year was {0} founded?", "Where is the head office of {0}?")),
    Chain("work", (), ("Who built {0}?", "Who was the architect of {0}?", "In which town does {0} stand?")),
    Chain("person", (), ("Where was {0} born?", "Who taught {0}?", "What was the profession of {0}?")),
    Chain("book", (), ("Who wrote {0}?", "Which company published {0}?", "In which town is {0} set?")),
    Chain("feast", (), ("Where does the {0} take place?", "Who started the {0}?")),
    Chain("river", (), ("Into what does the {0} flow?",)),
)
TWO: tuple[Chain, ...] = (
    Chain("firm", ("founder",), ("In which town was the founder of {0} born?", "Where did the person who founded {0} come from?")),
    Chain("firm", ("founder",), ("Who taught the founder of {0}?", "What was the profession of the person who set up {0}?")),
    Chain("firm", ("seat",), ("On which river lies the town where {0} has its head office?", "In which county is {0} based?")),
    Chain("work", ("builder",), ("Who founded the firm that built {0}?", "In which year was the company that built {0} founded?")),
    Chain("work", ("place",), ("Which river runs through the town where {0} stands?", "In which county does {0} stand?")),
    Chain("work", ("designer",), ("Where was the architect of {0} born?", "Whose pupil was the designer of {0}?")),
    Chain("book", ("writer",), ("In which year was the author of {0} born?", "Who was the teacher of the writer of {0}?")),
    Chain("book", ("press",), ("Who founded the company that published {0}?", "In which town is the publisher of {0} based?")),
    Chain("book", ("about",), ("Which river runs through the town in which {0} is set?",)),
    Chain("feast", ("patron",), ("Where was the person born who started the {0}?", "What did the founder of the {0} do for a living?")),
    Chain("feast", ("place",), ("In which county is the {0} held?", "On which river lies the host town of the {0}?")),
    Chain("person", ("born_in",), ("On which river lies the birthplace of {0}?", "In which county was {0} born?")),
    Chain("person", ("teacher",), ("Where did the teacher of {0} come from?", "In which year was the person born who taught {0}?")),
    Chain("town", ("river",), ("Into what does the river flow on which {0} lies?",)),
)  # fmt: skip
THREE: tuple[Chain, ...] = (
    Chain("work", ("builder", "founder"), ("In which town was the founder of the firm born that built {0}?",)),
    Chain("work", ("place", "river"), ("Into what does the river flow that runs through the town where {0} stands?",)),
    Chain("book", ("press", "founder"), ("Who taught the founder of the company that published {0}?",)),
    Chain("person", ("born_in", "river"), ("Where does the river end that runs through the birthplace of {0}?",)),
    Chain("feast", ("patron", "born_in"), ("In which county is the birthplace of the person who started the {0}?",)),
    Chain("firm", ("founder", "teacher"), ("Where was the teacher of the founder of {0} born?",)),
)
HOPS = {1: ONE, 2: TWO, 3: THREE}


class Asked(NamedTuple):
    """A question, the passages (title, text) that are given with it, and which of them it needs, in the order of the chain."""

    question: str
    passages: tuple[tuple[str, str], ...]
    gold: tuple[int, ...]


def ask(world: World, hops: int, number: int, fillers: Sequence[tuple[str, str]]) -> Asked:
    """The `number`-th question of so many hops, with 10 to 20 passages."""
    dice = random.Random(f"{number}-{hops}-{len(world.things)}-{world.things[0].name}")
    while True:
        chain = HOPS[hops][(number + dice.randint(0, 1)) % len(HOPS[hops])]
        path = [dice.choice(world.of(chain.start))]
        for fact in chain.facts:
            path.append(world.follow(path[-1], fact))
        if len(set(map(id, path))) == len(path):
            break
    question = dice.choice(chain.asked).format(path[0].name).replace("the River", "River").replace("the The", "the")
    question = question.lower() if dice.random() < 0.1 else question  # as people type
    size = dice.randint(10, 20)
    beside = _beside(world, path, dice, round((size - len(path)) * dice.choice((0.6, 0.8, 1.0))))
    passages = [(thing.title, thing.text) for thing in (*path, *beside)]
    passages += dice.sample(fillers, min(len(fillers), size - len(passages)))
    order = list(range(len(passages)))
    dice.shuffle(order)
    return Asked(question, tuple(passages[i] for i in order), tuple(order.index(i) for i in range(len(path))))


def _beside(world: World, path: Sequence[Thing], dice: random.Random, count: int) -> list[Thing]:
    """Pages that are hard to tell from those needed: of the same sorts, with names like theirs, then any."""
    sorts = {thing.sort for thing in path}
    words = {word for thing in path for word in thing.name.split() if len(word) > 2}
    others = [thing for thing in world.things if thing not in path]
    dice.shuffle(others)

    def nearness(thing: Thing) -> int:
        return 2 * len(words & set(thing.name.split())) + (thing.sort in sorts)

    near = sorted(others, key=nearness, reverse=True)[: round(count * 0.6)]
    rest = [thing for thing in others if thing not in near]
    return near + rest[: count - len(near)]
