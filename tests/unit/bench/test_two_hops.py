"""The questions over made-up worlds need the pages that they say, and are the same at each run."""

import json

from bench.optimizer import two_hops
from bench.optimizer.chains import HOPS, ask
from bench.optimizer.traffic import CLASSES
from bench.optimizer.world import World
from tests.damage.corpus.words import Dice


def test_a_world_is_the_same_each_time_and_its_pages_hold_its_facts() -> None:
    world, again = World(7), World(7)
    assert [thing.text for thing in world.things] == [thing.text for thing in again.things]
    assert len({thing.name for thing in world.things}) == len(world.things)
    for thing in world.things:
        assert thing.name in thing.text
        assert 30 <= len(thing.text.split()) <= 160
        for fact, value in thing.facts.items():
            said = world.things[value].called if isinstance(value, int) else (value,)
            assert any(form.lower() in thing.text.lower() for form in said) or fact in ("year", "born"), (
                thing.text,
                fact,
            )


def test_each_page_of_a_chain_names_the_next_and_only_the_first_is_in_the_question() -> None:
    for seed in range(6):
        world = World(seed)
        for hops in HOPS:
            for number in range(20):
                asked = ask(world, hops, number, [("Filler", "A passage that is about something else.")] * 5)
                gold = [asked.passages[i] for i in asked.gold]
                path = [next(thing for thing in world.things if thing.text == text) for _, text in gold]
                assert len(gold) == hops
                assert 10 <= len(asked.passages) <= 20
                assert path[0].name.removeprefix("The ").lower() in asked.question.lower()
                for (_, text), after in zip(gold, path[1:], strict=False):
                    assert any(form.lower() in text.lower() for form in after.called)
                    assert after.name not in asked.question


def test_development_and_figure_share_no_world_and_every_format_holds_every_page() -> None:
    assert not set(two_hops.DEVELOPMENT) & set(two_hops.FIGURE)
    found = two_hops.questions(two_hops.FIGURE[:2], [])
    assert len(found) * len(two_hops.FIGURE) // 2 >= 300
    assert found == two_hops.questions(two_hops.FIGURE[:2], [])
    for _, asked in found[::7]:
        for name, written in two_hops.FORMATS.items():
            messages = json.dumps(written(asked), ensure_ascii=False)
            assert asked.question in messages
            for title, text in asked.passages:
                assert text in messages, name
                assert title in messages, name


def test_every_class_of_traffic_holds_what_it_hangs_on() -> None:
    assert sum(share for share, _ in CLASSES.values()) == 100
    for title, (_, write) in CLASSES.items():
        for n in range(5):
            request, again = write(Dice(f"{title}-{n}")), write(Dice(f"{title}-{n}"))
            assert request == again
            texts = [str(message["content"]) for message in request.messages]
            for _, held in request.held:
                assert any(held in text for text in texts), title
