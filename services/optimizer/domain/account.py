"""What each step of a request did, and the tokens that each lever took away."""

from collections import Counter
from typing import Literal

from libs.common.contracts.optimizer import Lever, StepNote

Outcome = Literal["applied", "off", "nothing_found", "not_worth_it", "vetoed", "gated"]

# What is not sent any more where a step was applied.
_LEAVES_OUT = {"masking": "results", "extraction": "documents"}
# Every step in its order, and the lever whose saving it counts under.
STEPS: dict[str, Lever] = {
    "minify": "whitespace",
    "tables": "whitespace",
    "blanks": "whitespace",
    "repeats": "redundancy",
    "phrases": "compression",
    "marks": "compression",
    "articles": "compression",
    "window": "pruning",
    "instructions": "pruning",
    "masking": "pruning",
    "extraction": "pruning",
}


class Account:
    """Sums per lever, which are exact, and notes in the order in which things happened."""

    def __init__(self) -> None:
        self.saved: Counter[Lever] = Counter()
        self.content: Counter[str] = Counter()
        self.left_out: Counter[str] = Counter()
        self._notes: list[StepNote] = []

    def note(
        self, step: str, outcome: Outcome, *, tokens: int = 0, message: int | None = None, reason: str = ""
    ) -> None:
        """Write down one outcome; its tokens count where it was applied. `message` below zero is one of ours."""
        if outcome == "applied":
            self.saved[STEPS[step]] += tokens
            if step in _LEAVES_OUT:
                self.left_out[_LEAVES_OUT[step]] += 1
        shown = None if message is not None and message < 0 else message
        self._notes.append(
            StepNote(step=step, lever=STEPS[step], outcome=outcome, tokens=tokens, message=shown, reason=reason)
        )

    def levers(self) -> dict[Lever, int]:
        """The tokens of each lever that took any, in the order of the levers."""
        return {lever: self.saved[lever] for lever in dict.fromkeys(STEPS.values()) if self.saved[lever]}

    def notes(self, running: frozenset[str]) -> tuple[StepNote, ...]:
        """Every note, then one for each step that was off or found nothing."""
        heard = {note.step for note in self._notes}
        silent = (
            StepNote(step=step, lever=lever, outcome="nothing_found" if step in running else "off")
            for step, lever in STEPS.items()
            if step not in heard
        )
        return (*self._notes, *silent)

    def losses_avoided(self) -> tuple[StepNote, ...]:
        """What was left undone because the provider's cache makes it dearer: told even where nobody asked."""
        return tuple(note for note in self._notes if note.step == "window" and note.outcome == "not_worth_it")
