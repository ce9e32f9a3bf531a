"""An agent that read a file twice goes on working: at each later request a whole copy is there, for as long as any is."""

import pytest

from tests.damage.asking import LEVELS, Messages, Strength, asker, call, result, system, user
from tests.damage.corpus.catalogue import KINDS, File, of_kind
from tests.damage.corpus.words import Dice

FILES = [next(one for one in of_kind(kind)[2:] if 500 < len(one.text) < 6_000) for kind in list(KINDS)[::3]]
_NEAR = 4  # messages behind the newest reading: so few that every window holds it


def _turns(file: File, dice: Dice, identity: str, steps: int) -> Messages:
    messages = [call(identity, "read_file", {"path": file.name}), result(identity, file.text)]
    for i in range(steps):
        one = f"{identity}_{i}"
        messages += [
            call(one, "bash", {"command": f"make {dice.noun()}"}),
            result(one, f"{dice.randint(1, 9)} targets made"),
        ]
    return messages


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("file", FILES, ids=lambda one: one.kind)
def test_a_whole_copy_is_there_after_each_step(file: File, level: Strength) -> None:
    dice = Dice(file.name)
    opening = [system("You are a coding agent."), user(f"Rename the second name in {file.name}.")]
    first, second = _turns(file, dice, "a", 4), _turns(file, dice, "b", 9)
    history, newest = [*opening, *first, *second], len(opening) + len(first) + 1
    cut: int | None = None
    for end in range(newest + 1, len(history) + 1, 2):
        sent = asker().send(history[:end], level, tools=True, keep_cut=cut)
        cut = sent.reply.cut
        there = sent.at(newest)
        whole = file.text in sent.texts()
        if end - newest <= _NEAR + 1:
            assert there is not None, f"{end - newest} messages later it is gone"
        if there is not None:
            assert whole, f"{end - newest} messages later no copy is whole: {there[:200]!r}"


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("file", FILES[::2], ids=lambda one: one.kind)
def test_what_a_pointer_names_stays(file: File, level: Strength) -> None:
    """Read five times in a row: whichever of the results are replaced, the one that they name is whole."""
    dice = Dice(file.name)
    history: Messages = [user(f"Keep an eye on {file.name}.")]
    for n in range(5):
        history += _turns(file, dice, f"r{n}", 1)
        sent = asker().send(history, level, tools=True)
        assert file.text in sent.texts(), f"reading {n + 1}"
        assert sent.at(len(history) - 3) is not None
