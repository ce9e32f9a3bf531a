"""Tool calls: what was called, and whether its result may be the bytes of a file."""

import re
from typing import Any, NamedTuple

# In a tool's name or in the names of its arguments: it may hand out a file, or runs what may.
_READING = frozenset(
    "path paths file files filename filepath read reader cat open edit editor diff write view show head tail grep sed less"
    " bash shell sh zsh exec execute command commands cmd run terminal console powershell script python jupyter notebook cell"
    " code source src repo repository git commit patch blob dir directory folder workspace project document doc docs page"
    " attachment artifact resource buffer editor str replace insert download load content contents uri".split()
)
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
# An argument that names a file; a slash of either kind may part a path.
_FILE = re.compile(r"(?<![\w@.-])[\w-]{1,80}\.[A-Za-z][A-Za-z0-9]{0,7}\b")
_ARGUMENT = re.compile(r'"([^"\\]{1,60})"\s*:')
_SHOWN = 80


class Call(NamedTuple):
    """A tool's name and its arguments as JSON text."""

    name: str
    arguments: str

    def reads(self) -> bool:
        """Whether the result may be a file's text, which an agent quotes to the letter when it edits the file."""
        named = [self.name, *_ARGUMENT.findall(self.arguments)]
        words = {word.lower() for name in named for word in _WORD.findall(name)}
        return (
            bool(words & _READING)
            or "/" in self.arguments
            or "\\" in self.arguments
            or bool(_FILE.search(self.arguments))
        )

    def shown(self) -> str:
        """The call in a few words."""
        arguments = " ".join(self.arguments.split())
        return f"{self.name} {arguments if len(arguments) <= _SHOWN else arguments[:_SHOWN] + '…'}"


def by_id(messages: list[dict[str, Any]]) -> dict[str, Call]:
    """Every call that has an id."""
    found: dict[str, Call] = {}
    for message in messages:
        calls = message.get("tool_calls")
        for call in calls if isinstance(calls, list) else ():
            function = call.get("function") if isinstance(call, dict) else None
            if isinstance(function, dict) and isinstance(call.get("id"), str):
                name, arguments = function.get("name"), function.get("arguments")
                if isinstance(name, str):
                    found[call["id"]] = Call(name, arguments if isinstance(arguments, str) else "")
    return found
