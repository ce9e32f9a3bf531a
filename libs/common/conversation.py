"""What the router is told of a conversation: the user's turns, their sizes, and whether tools could change something."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from libs.common.contracts.router import UserTurn

# What travels stays small: a conversation with more turns stays with the requested model.
MOST_TURNS, MOST_LETTERS = 64, 400_000
_HEAD, _TAIL, _ASKED = 8_000, 4_000, 600
_BYTES_A_TOKEN = 4
_READS = frozenset(
    "get list search find read fetch look lookup query show view describe check count calculate compute think retrieve inspect"
    " browse summarize summarise explain compare validate verify convert translate estimate preview return returns see tell"
    " gets lists searches finds reads fetches looks shows checks counts calculates computes retrieves web file".split()
)
_CHANGES = frozenset(
    "add append apply approve assign archive book buy call cancel change charge close commit complete confirm copy create delete"
    " deploy disable drop edit email enable execute exec grant insert install invite invoke issue kill mail make mark merge"
    " message modify move notify open order patch pay place post publish purchase push put refund register reject release remove"
    " rename replace reserve reset restart restore revoke rollback run save schedule send set share shell sign start stop submit"
    " terminate toggle transfer trigger undo unlock update upgrade upload upsert use write".split()
)
_HOSTED_READERS = frozenset(("web_search", "web_search_preview", "file_search", "google_search", "retrieval"))
_NAME_PARTS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


class Message(Protocol):
    """A message as far as it is read here."""

    @property
    def role(self) -> str:
        """Who speaks."""
        ...

    @property
    def texts(self) -> tuple[str, ...]:
        """Its text parts."""
        ...


def ends(text: str, head: int = _HEAD, tail: int = _TAIL) -> str:
    """A text without its middle, if it is long."""
    return text if len(text) <= head + tail else f"{text[:head]} {text[-tail:]}"


def user_turns(messages: Sequence[Message], tool_bytes: int) -> tuple[UserTurn, ...]:
    """The user's turns from the first on, at most `MOST_TURNS` and `MOST_LETTERS`."""
    found: list[UserTurn] = []
    before, asked, letters = tool_bytes, "", 0
    for message in messages:
        text = "\n".join(message.texts)
        if message.role == "user" and len(found) < MOST_TURNS and letters < MOST_LETTERS:
            letters += min(len(text), _HEAD + _TAIL)
            found.append(
                UserTurn(
                    text=ends(text),
                    asked=asked,
                    tokens=weight(message) // _BYTES_A_TOKEN,
                    before=before // _BYTES_A_TOKEN,
                )
            )
            asked = ""
        elif message.role == "assistant" and text:
            asked = text[-_ASKED:]
        before += weight(message)
    return tuple(found)


def system_text(messages: Sequence[Message]) -> str:
    """What the instructions say, without the middle of long ones."""
    return ends("\n".join(text for one in messages if one.role in ("system", "developer") for text in one.texts))


def weight(message: Message) -> int:
    """The bytes of a message's texts and of the arguments of its tool calls."""
    total = sum(len(text.encode("utf-8", "surrogatepass")) for text in message.texts)
    for call in getattr(message, "tool_calls", None) or ():
        function = call.get("function")
        if isinstance(function, Mapping) and isinstance(function.get("arguments"), str):
            total += len(function["arguments"])
    return total


def writes(tools: Iterable[Mapping[str, Any]]) -> bool:
    """Whether any declared tool could change something; in doubt it could."""
    return not all(_only_reads(tool) for tool in tools)


def _only_reads(tool: Mapping[str, Any]) -> bool:
    kind = tool.get("type")
    if isinstance(kind, str) and kind != "function":
        return kind.rstrip("0123456789_") in _HOSTED_READERS or kind in _HOSTED_READERS
    function = tool.get("function", tool)
    if not isinstance(function, Mapping):
        return False
    hints = function.get("annotations")
    if isinstance(hints, Mapping) and hints.get("readOnlyHint") is True:
        return True
    name, told = function.get("name"), function.get("description")
    parts = [part.lower() for part in _NAME_PARTS.findall(name)] if isinstance(name, str) else []
    if not parts or _CHANGES.intersection(parts):
        return False
    if parts[0] in _READS:
        return True
    # A name without a verb, such as "weather": its description says what it does.
    words = [part.lower() for part in _NAME_PARTS.findall(told)][:1] if isinstance(told, str) else []
    return (
        bool(words)
        and words[0] in _READS
        and not _CHANGES.intersection(p.lower() for p in _NAME_PARTS.findall(told or ""))
    )
