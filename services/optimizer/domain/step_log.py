"""What each step of a request did, and the tokens that each lever took away."""

from collections import Counter

from libs.common.contracts.optimizer import Lever, Outcome, StepNote
from services.optimizer.domain.levers import BESIDE, LEVER_OF, REMOVES


class StepLog:
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
            self.saved[LEVER_OF[step]] += tokens
            if step in REMOVES:
                self.left_out[REMOVES[step]] += 1
        shown = None if message is not None and message < 0 else message
        self._notes.append(
            StepNote(step=step, lever=LEVER_OF[step], outcome=outcome, tokens=tokens, message=shown, reason=reason)
        )

    def levers(self) -> dict[Lever, int]:
        """The tokens of each lever that took any, in the order of the levers."""
        return {lever: self.saved[lever] for lever in dict.fromkeys(LEVER_OF.values()) if self.saved[lever]}

    def notes(self, running: frozenset[str]) -> tuple[StepNote, ...]:
        """Every note, then one for each step that was off or found nothing. Steps beside the messages have notes of their own."""
        noted = {note.step for note in self._notes} | BESIDE
        unnoted = (
            StepNote(step=step, lever=lever, outcome="nothing_found" if step in running else "off")
            for step, lever in LEVER_OF.items()
            if step not in noted
        )
        return (*self._notes, *unnoted)

    def losses_avoided(self) -> tuple[StepNote, ...]:
        """What was left undone because the provider's cache makes it more expensive: always reported."""
        return tuple(note for note in self._notes if note.step == "window" and note.outcome == "not_worth_it")
