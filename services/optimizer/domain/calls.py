"""Tool calls: what was called, and whether its result may be the bytes of a file."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

# In a tool's name or in the names of its arguments: it may hand out a file or a text that is edited by quoting it, or runs what
# may. The first are looked for as words, the others anywhere.
_READING = frozenset(
    "path paths view show head tail grep sed less ls glob jq rg bash shell sh zsh exec eval execute command commands cmd run"
    " terminal console powershell ps script python ipython node js jupyter nb cell code source src repo repository git github gist"
    " commit patch blob fs s3 gcs dir directory folder workspace project buffer str replace insert download upload content contents"
    " uri url object bucket key config configuration settings manifest template workflow schema json yaml yml toml xml csv html"
    " markdown md text txt note notes doc docs page wiki attachment artifact resource dashboard panel state values kubectl helm"
    " terraform ansible docker sandbox subprocess process fetch curl http web memory i18n locale translations openapi swagger"
    " package lock item query sql prompt skill rule rules".split()
)
_ANYWHERE = re.compile(r"file|read|open|load|cat(?![a-z])|(?<!cr)edit|diff|writ|document|notebook", re.IGNORECASE)
_WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")
# An argument that names a file; a slash of either kind may part a path.
_FILE = re.compile(
    r"(?<![\w@.-])(?:[\w-]{1,80}\.[A-Za-z][A-Za-z0-9]{0,7}\b|\.[a-z][\w.-]{1,40}\b)"
    r"|\"(?:Makefile|Dockerfile|README|LICENSE)\""
)
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
            or any(map(_ANYWHERE.search, named))
            or "/" in self.arguments
            or "\\" in self.arguments
            or bool(_FILE.search(self.arguments))
        )

    def shown(self) -> str:
        """The call in a few words."""
        arguments = " ".join(self.arguments.split())
        return f"{self.name} {arguments if len(arguments) <= _SHOWN else arguments[:_SHOWN] + '…'}"


def answers(message: Mapping[str, Any], known: dict[str, Call]) -> Call | None:
    """The call that a message answers: the last one of its id before it, for ids may come again. What it calls is `known` from then on."""
    answered = known.get(str(message.get("tool_call_id")))
    calls = message.get("tool_calls")
    for call in calls if isinstance(calls, list) else ():
        function = call.get("function") if isinstance(call, dict) else None
        if isinstance(function, dict) and isinstance(call.get("id"), str):
            name, arguments = function.get("name"), function.get("arguments")
            if isinstance(name, str):
                known[call["id"]] = Call(name, arguments if isinstance(arguments, str) else "")
    return answered
