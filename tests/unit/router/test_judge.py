"""The labelled prompts, and the judge that they made."""

import msgspec

from services.router.domain.marks import marks, names
from services.router.training.prompts import LANGUAGES, LATER, labelled, split
from services.router.weights import SHIPPED, ShippedJudge, load_weights, load_words

WEIGHTS = load_weights()


def test_no_group_is_on_both_sides_and_every_language_and_tier_is_on_each() -> None:
    trained, unseen = split(labelled())
    assert not {one.group for one in trained} & {one.group for one in unseen}
    for side in (trained, unseen):
        assert {one.language for one in side} == set(LANGUAGES)
        assert {one.tier for one in side} == {"simple", "medium", "complex"}
    first = [one for one in labelled() if one.kind != LATER]
    assert 0.31 < len(unseen) / len(first) < 0.35
    assert not any(one.kind == LATER for one in unseen)


def test_no_prompt_stands_twice() -> None:
    prompts = [one.prompt for one in labelled()]
    assert len(set(prompts)) == len(prompts)


def test_what_ships_was_made_from_these_prompts() -> None:
    shipped = msgspec.json.decode((SHIPPED / "judge.json").read_bytes(), type=ShippedJudge)
    trained, _ = split(labelled())
    assert shipped.made_from.startswith(f"{len(trained)} prompts")
    assert shipped.names == names(load_words()) == WEIGHTS.judge.names
    assert len(shipped.weights) == len(shipped.names) + 1


def test_a_likelihood_is_one_and_repeats() -> None:
    for one in labelled()[:50]:
        values = marks(one.prompt, WEIGHTS.words).values
        likely, spoke = WEIGHTS.judge(values)
        assert abs(likely.sum() - 1) < 1e-9
        assert (likely >= 0).all()
        assert WEIGHTS.judge(values)[1] == spoke
