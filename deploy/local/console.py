"""What a person sees: one log for all processes, coloured where a terminal reads it."""

import sys
from contextlib import suppress

from deploy.local.settings import colours_wanted

_COLOURS = (36, 33, 35, 32, 34, 96, 93, 95, 92, 94)


class Console:
    """Prints lines with the name of whoever said them."""

    def __init__(self, names: list[str]) -> None:
        self.coloured = sys.stdout.isatty() and colours_wanted()
        self._names = {name: _COLOURS[position % len(_COLOURS)] for position, name in enumerate(names)}
        self._width = max(map(len, names), default=0)

    def said(self, name: str, line: str) -> None:
        """One line of a process."""
        label = f"{name:<{self._width}}"
        self.say(f"{self._paint(label, self._names.get(name, 37))} {self._paint('│', 90)} {line}")

    def good(self, text: str) -> None:
        """Something has come up."""
        self.say(f"{self._paint('✓', 32)} {text}")

    def bad(self, text: str) -> None:
        """Something went wrong."""
        self.say(f"{self._paint('✗', 31)} {text}")

    def say(self, text: str = "") -> None:
        """A line of the runner's own. Whoever read it may have gone: that must not keep us from stopping cleanly."""
        with suppress(OSError):
            print(text, flush=True)

    def _paint(self, text: str, colour: int) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self.coloured else text
