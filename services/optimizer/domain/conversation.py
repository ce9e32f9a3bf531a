"""A request's messages as the levers see them: which exist, which may change, and where their text is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from services.optimizer.domain.calls import Call

# Clients mark where a provider's prompt cache should end; what they mark is theirs to change.
_CACHE_MARKS = ("cache_control", "prompt_cache_breakpoint")
_SYSTEM = ("system", "developer")
_TOOL = ("tool", "function")


@dataclass(frozen=True)
class Message:
    """One message: the object, its tokens, and its place in the request (-1: ours).

    A message `as_it_came` is sent with its own bytes, so that everything in it arrives as it was written; `digest` is theirs, None where
    it is not known. `call` is what a tool's result answers, None where that is not known. `held`: whoever asks has to send it as it
    is; `fixed`: they can leave it out, and not change it. `joins`: whether it belongs to the group of the turn before it; None: nobody
    has looked.
    """

    data: dict[str, Any]
    tokens: int
    position: int
    as_it_came: bool
    call: Call | None = None
    held: bool = False
    fixed: bool = False
    digest: bytes | None = None
    joins: bool | None = None

    # A history is gone through many times, for turn after turn.
    @cached_property
    def role(self) -> str:
        """The role, or an empty string where it is missing."""
        role = self.data.get("role")
        return role if isinstance(role, str) else ""

    @cached_property
    def is_system(self) -> bool:
        """Instructions, under either of their two names."""
        return self.role in _SYSTEM

    @cached_property
    def is_tool_result(self) -> bool:
        """An answer to a tool call, which is only valid behind the call."""
        return self.role in _TOOL

    @cached_property
    def calls_tools(self) -> bool:
        """Whether tool results belong to this message."""
        return bool(self.data.get("tool_calls") or self.data.get("function_call"))

    @cached_property
    def may_be_a_file(self) -> bool:
        """Whether a tool's result may be text that is edited by quoting it; so it is wherever nothing speaks against it."""
        return self.call is None or self.call.reads()

    @property
    def stays(self) -> bool:
        """Whether it is sent whatever becomes of the others, to the letter."""
        return self.held or self.marked

    @property
    def unchangeable(self) -> bool:
        """Whether its texts are nobody's to change."""
        return self.fixed or self.stays

    @cached_property
    def marked(self) -> bool:
        """Whether the client put a cache mark on the message or on one of its parts."""
        content = self.data.get("content")
        parts = [part for part in content if isinstance(part, dict)] if isinstance(content, list) else []
        return any(mark in holder for holder in (self.data, *parts) for mark in _CACHE_MARKS)

    def texts(self) -> list[str]:
        """The content's text: one string, or that of each text part."""
        content = self.data.get("content")
        if isinstance(content, str):
            return [content]
        if not isinstance(content, list):
            return []
        return [part["text"] for part in content if _is_text(part)]

    @property
    def text(self) -> str:
        """All its text in one."""
        return "\n".join(self.texts())

    def with_note(self, note: str, tokens: int, *, behind: bool) -> "Message":
        """The same message with a note behind or before what it says, as a part of its own where the content has parts."""
        content = self.data["content"]
        if isinstance(content, str):
            content = f"{content}\n\n{note}" if behind else f"{note}\n\n{content}"
        else:
            part = {"type": "text", "text": note}
            content = [*content, part] if behind else [part, *content]
        return replace(self, data={**self.data, "content": content}, tokens=tokens, as_it_came=False, digest=None)

    def with_texts(self, texts: Iterable[str], tokens: int) -> "Message":
        """The same message with other text, in the order of `texts()`."""
        remaining = iter(texts)
        content = self.data["content"]
        if isinstance(content, str):
            content = next(remaining)
        else:
            content = [{**part, "text": next(remaining)} if _is_text(part) else part for part in content]
        return replace(self, data={**self.data, "content": content}, tokens=tokens, as_it_came=False, digest=None)


def last_user(messages: Sequence[Message]) -> int | None:
    """Where the turn stands that the model is asked to answer."""
    return max((i for i, message in enumerate(messages) if message.role == "user"), default=None)


def _is_text(part: Any) -> bool:
    return isinstance(part, dict) and part.get("type") == "text" and isinstance(part.get("text"), str)
