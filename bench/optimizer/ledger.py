"""The figures of one run, and whether each goal is met."""

from typing import NamedTuple

from bench.report import table

UNMEASURABLE = "not measurable here"


class Goal(NamedTuple):
    """A goal in words, the figure as shown, and whether it is met (None: nothing here can tell)."""

    words: str
    figure: str
    met: bool | None


class Ledger:
    """Prints tables as they come, and the goals at the end."""

    def __init__(self) -> None:
        self._goals: list[Goal] = []

    def show(self, title: str, head: list[str], lines: list[list[str]]) -> None:
        """One table under its title."""
        print(f"\n{title}\n{table(head, lines)}", flush=True)

    def least(self, words: str, figure: float, goal: float, unit: str = "%") -> None:
        """A figure that must reach its goal."""
        self._goals.append(Goal(f"{words} ≥ {goal:g} {unit}", f"{figure:.2f} {unit}", figure >= goal))

    def most(self, words: str, figure: float, goal: float, unit: str) -> None:
        """A figure that must not pass its goal."""
        self._goals.append(Goal(f"{words} ≤ {goal:g} {unit}", f"{figure:.2f} {unit}", figure <= goal))

    def unmeasurable(self, words: str) -> None:
        """A goal whose data is not at hand, which is no failure."""
        self._goals.append(Goal(words, UNMEASURABLE, None))

    def close(self) -> bool:
        """Print the goals; whether none was missed."""
        names = {True: "met", False: "MISSED", None: ""}
        self.show("Goals", ["goal", "here", ""], [[g.words, g.figure, names[g.met]] for g in self._goals])
        return all(goal.met is not False for goal in self._goals)
