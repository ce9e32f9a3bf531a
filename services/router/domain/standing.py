"""What a conversation stands at: judged at its first turn, and changed only by a later turn that brings a task of its own.

Nothing is remembered: the same messages are gone through again each time, and give the same answer. A budget steps down at the first
turn, or at one that brings a new task, and the gateway remembers for the conversation's other turns that it did.
"""

from collections.abc import Callable
from dataclasses import replace

from libs.common.contracts.auth import Tier
from libs.common.contracts.router import RouteRequest, UserTurn
from services.router.domain.complexity import Complexity
from services.router.domain.judge import TIERS
from services.router.domain.turns import decides_nothing, new_task
from services.router.domain.words import Words

Classify = Callable[[str], Complexity]
# Whether a move from one tier to another saves at a turn.
Saves = Callable[[Tier, Tier, UserTurn], bool]


def standing(request: RouteRequest, classify: Classify, words: Words, saves: Saves) -> Complexity:
    """The complexity that decides about the newest turn."""
    turns = request.conversation or (UserTurn(text=request.prompt),)
    hardest = now = classify(turns[0].text)
    task = turns[0].text
    if request.turns > len(turns):
        # Too long to go through: what could not be seen again may have been hard.
        return replace(now, tier="complex", signals=("long_conversation",))
    kept, begins = False, True
    for turn in turns[1:]:
        kept = True
        nothing = decides_nothing(turn, words)
        own = not nothing and new_task(turn, task, words)
        begins = own and ((now.known and now.tier == "simple") or saves("simple", now.tier, turn))
        if not own:
            # After a small question in between, it goes on with the work, not with the question.
            now = hardest
        if nothing:
            continue
        found = classify(turn.text)
        if _rank(found) > _rank(hardest):
            hardest, now, task, kept = found, found, turn.text, False
        elif _rank(found) > _rank(now) or (
            _rank(found) < _rank(now) and own and not request.writes and saves(found.tier, now.tier, turn)
        ):
            now, kept = found, False
    if request.step_down and begins and not request.writes:
        return replace(now, tier="simple", signals=("budget", *now.signals), adjacent_tier=None, stepped_down=True)
    if now.tier == "simple" and request.system and _instructions_are_hard(request.system, classify):
        now = replace(now, tier="medium", signals=("instructions", *now.signals))
    return replace(now, signals=("conversation", *now.signals)) if kept and now.known else now


def simple_throughout(request: RouteRequest, classify: Classify, words: Words) -> bool:
    """Whether every turn of the conversation is simple beyond doubt, and so are its instructions, and nothing that its tools change can
    come of it. Each turn is judged by its own words, so that a conversation that has once been more than simple stays that.
    """
    turns = request.conversation or (UserTurn(text=request.prompt),)
    if request.writes or request.turns > len(turns):
        return False
    if request.system and _instructions_are_hard(request.system, classify):
        return False
    return all(
        _surely_simple(classify(turn.text)) or (at > 0 and decides_nothing(turn, words))
        for at, turn in enumerate(turns)
    )


def _surely_simple(found: Complexity) -> bool:
    return found.known and found.tier == "simple" and found.adjacent_tier is None


def _instructions_are_hard(system: str, classify: Classify) -> bool:
    """Whether the task stands in the instructions, and the user's turn is only what it is about."""
    found = classify(system)
    return found.known and found.tier == "complex"


def _rank(found: Complexity) -> int:
    """What nobody can judge stands above all: it stays with the requested model."""
    return TIERS.index(found.tier) if found.known else len(TIERS)
