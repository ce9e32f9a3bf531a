"""Requests as the gateway makes them, and where each of their messages is in what is sent."""

import json
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, Protocol

import msgspec

from libs.common.contracts.auth import OptimizationSettings
from libs.common.contracts.optimizer import OptimizeReply, OptimizeRequest, TextRequest
from services.optimizer.domain.similarity import Similarity
from services.optimizer.pipeline import Optimizer
from tests.fixtures.similarity import LIKENESS

Messages = list[dict[str, Any]]
Strength = Literal["defaults", "conservative", "moderate", "aggressive"]
LEVELS: tuple[Strength, ...] = ("defaults", "conservative", "moderate", "aggressive")
MODEL = "gpt-4o"


@dataclass(frozen=True)
class Sent:
    """What goes to the provider: the messages, and for each the place that it had (-1: it was put in)."""

    messages: Messages
    positions: tuple[int, ...]
    reply: OptimizeReply

    def at(self, position: int) -> str | None:
        """The text of the message that stood at this place; None where it was left out."""
        for message, place in zip(self.messages, self.positions, strict=True):
            if place == position:
                return text_of(message)
        return None

    def texts(self) -> list[str]:
        """The text of every message."""
        return [text_of(message) for message in self.messages]

    def everything(self) -> str:
        """All texts as one, to look a passage up in."""
        return "\n\0\n".join(self.texts())


class Asking(Protocol):
    """What sends conversations, in one format."""

    def takes(self, messages: Messages) -> bool:
        """Whether these can be sent in this format."""
        ...

    def send(
        self, messages: Messages, level: Strength, *, tools: bool = False, keep_cut: int | None = None, **settings: Any
    ) -> Sent:
        """One request; nothing is remembered of its conversation but the cut that is given."""
        ...


class Asker:
    """Asks one optimizer. The stand-in for the table of words needs no model; the real one can be given."""

    def __init__(self, similarity: Similarity = LIKENESS) -> None:
        self._optimizer = Optimizer(similarity, cache_bytes=32_000_000)

    def takes(self, messages: Messages) -> bool:
        """Whether these can be sent in this format."""
        return bool(messages)

    def send(
        self, messages: Messages, level: Strength, *, tools: bool = False, keep_cut: int | None = None, **settings: Any
    ) -> Sent:
        """One request; nothing is remembered of its conversation but the cut that is given."""
        chosen = (
            OptimizationSettings(**settings) if level == "defaults" else OptimizationSettings(level=level, **settings)
        )
        reply = self._optimizer.answer(
            OptimizeRequest(
                model=MODEL,
                messages=msgspec.Raw(msgspec.json.encode(messages)),
                settings=chosen,
                explain=True,
                tools=tools,
                keep_cut=keep_cut,
            )
        )
        going = json.loads(bytes(reply.messages)) if reply.changed else messages
        positions = reply.positions or tuple(range(len(going)))
        return Sent(going, positions, reply)

    def shorten(self, text: str, threshold: float) -> str:
        """One text by itself."""
        return self._optimizer.shorten(TextRequest(text=text, similarity_threshold=threshold)).text


@cache
def asker() -> Asker:
    """One for all tests of a process, which remembers what became of a text."""
    return Asker()


def text_of(message: dict[str, Any]) -> str:
    """The content as one text."""
    content = message.get("content")
    if isinstance(content, list):
        return "\n".join(str(part.get("text", "")) for part in content)
    return content or ""


def call(identity: str, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """An assistant's message that calls one tool."""
    function = {"name": name, "arguments": json.dumps(arguments)}
    return {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": identity, "type": "function", "function": function}],
    }


def result(identity: str, content: str) -> dict[str, Any]:
    """What the tool answered."""
    return {"role": "tool", "tool_call_id": identity, "content": content}


def user(content: str) -> dict[str, Any]:
    """A turn of the user's."""
    return {"role": "user", "content": content}


def assistant(content: str) -> dict[str, Any]:
    """An answer without tools."""
    return {"role": "assistant", "content": content}


def system(content: str) -> dict[str, Any]:
    """Instructions."""
    return {"role": "system", "content": content}
