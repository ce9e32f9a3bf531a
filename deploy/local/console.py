"""What a person sees: one log for all processes, coloured where a terminal reads it; or what a machine reads: JSON, an object a line."""

import json
import sys
from contextlib import suppress
from datetime import UTC, datetime

from deploy.local.settings import colours_wanted

_COLOURS = (36, 33, 35, 32, 34, 96, 93, 95, 92, 94)
_OWN = "promptly"


class Console:
    """Prints lines with the name of whoever said them.

    With `json_lines` each line is a JSON object: those of services as they are, others with `event`, `level`, `service` and `timestamp`.
    """

    def __init__(self, names: list[str], *, json_lines: bool = False) -> None:
        self.json_lines = json_lines
        self.coloured = sys.stdout.isatty() and colours_wanted() and not json_lines
        self._names = {name: _COLOURS[position % len(_COLOURS)] for position, name in enumerate(names)}
        self._width = max(map(len, names), default=0)

    def said(self, name: str, line: str) -> None:
        """One line of a process."""
        if self.json_lines:
            self._print(line if _is_object(line) else _object(name, "info", line))
            return
        label = f"{name:<{self._width}}"
        self.say(f"{self._paint(label, self._names.get(name, 37))} {self._paint('│', 90)} {line}")

    def good(self, text: str) -> None:
        """Something has come up."""
        self.say(text if self.json_lines else f"{self._paint('✓', 32)} {text}")

    def bad(self, text: str) -> None:
        """Something went wrong."""
        if self.json_lines:
            self._print(_object(_OWN, "error", text))
        else:
            self.say(f"{self._paint('✗', 31)} {text}")

    def say(self, text: str = "") -> None:
        """A line of the runner's own."""
        if not self.json_lines:
            self._print(text)
        elif text:
            self._print(_object(_OWN, "info", text))

    def _print(self, line: str) -> None:
        # Whoever read it may have gone: that must not keep us from stopping cleanly.
        with suppress(OSError):
            print(line, flush=True)

    def _paint(self, text: str, colour: int) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self.coloured else text


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def _object(service: str, level: str, text: str) -> str:
    now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    return json.dumps({"event": text, "level": level, "service": service, "timestamp": now}, ensure_ascii=False)
