"""Cache breakpoints in a body of the Messages API. Nothing else in it changes, and a body that holds one is the client's own affair."""

from hashlib import blake2b
from typing import Any

import msgspec
from msgspec import Raw

from libs.common.contracts.base import DECODE_ERRORS, decoder
from services.gateway.domain.prefix_writes import Lifetime
from services.gateway.domain.rough_tokens import rough_tokens

_MARK = b'"cache_control"'
# Anthropic takes no breakpoint on other blocks, and none on text without a character in it.
_TAKES = ("text", "image", "document", "tool_result", "search_result")
_NO_BREAKPOINT = b'"defer_loading"'
_NOTHING = Raw(b"[]")


class _Role(msgspec.Struct, frozen=True):
    role: str = ""


class AnthropicBeginning(msgspec.Struct, frozen=True, kw_only=True):
    """See `Beginning`. `turns` are the indexes of the messages that end with a turn of the user's, the last two at most."""

    top: dict[str, Raw]
    messages: tuple[Raw, ...]
    turns: tuple[int, ...]
    shape: bytes
    conversation: bytes
    fixed: int
    earlier: int
    newest: int
    continues: bool

    def with_breakpoints(self, lifetime: Lifetime, *, turns: bool) -> bytes:
        """See `Beginning`."""
        mark = {"type": "ephemeral", "ttl": "1h"} if lifetime == "1h" else {"type": "ephemeral"}
        body: dict[str, Any] = dict(self.top)
        if "tools" in body and _NO_BREAKPOINT not in bytes(body["tools"]):
            body["tools"] = _marked_last(body["tools"], mark)
        if "system" in body:
            body["system"] = _content(body["system"], mark)
        if turns:
            messages: list[Any] = list(self.messages)
            for index in self.turns:
                message = msgspec.json.decode(messages[index], type=dict[str, Raw])
                if "content" in message:
                    messages[index] = {**message, "content": _content(message["content"], mark)}
            body["messages"] = messages
        return msgspec.json.encode(body)


def beginning(body: bytes) -> AnthropicBeginning | None:
    """What a request begins with; None where its client has breakpoints of its own, or where there is nothing to be cached."""
    if _MARK in body:
        return None
    try:
        top = msgspec.json.decode(body, type=dict[str, Raw])
        messages = decoder(tuple[Raw, ...]).decode(top["messages"])
        roles = [one.role for one in decoder(list[_Role]).decode(top["messages"])]
    except (*DECODE_ERRORS, KeyError, RecursionError):
        return None
    users = [at for at, role in enumerate(roles) if role == "user"]
    if not users:
        return None
    answered = "assistant" in roles[: users[-1]]
    before = max((at for at, role in enumerate(roles[: users[-1]]) if role == "assistant"), default=0)
    turns = ([at for at in users if at < before][-1:] if answered else []) + users[-1:]
    tools, system = top.get("tools", _NOTHING), top.get("system", _NOTHING)
    opening = messages[: roles.index("assistant")] if answered else messages
    fixed = b"".join((bytes(tools), bytes(system)))
    return AnthropicBeginning(
        top=top,
        messages=messages,
        turns=tuple(turns),
        shape=_digest(tools if len(bytes(tools)) > len(_NOTHING) else system),
        conversation=_digest(tools, system, *opening),
        fixed=rough_tokens(fixed),
        earlier=rough_tokens(b"".join(map(bytes, messages[: before + 1]))) if answered else 0,
        newest=rough_tokens(b"".join(map(bytes, messages[before + 1 :] if answered else messages))),
        continues=answered,
    )


def _digest(*parts: Raw) -> bytes:
    found = blake2b(digest_size=16)
    for part in parts:
        found.update(len(bytes(part)).to_bytes(8, "big") + bytes(part))
    return found.digest()


def _marked_last(raw: Raw, mark: dict[str, str]) -> Any:
    """A list with a breakpoint on the last object in it; as it is where there is none."""
    try:
        items = msgspec.json.decode(raw, type=list[Raw])
        return [*items[:-1], {**msgspec.json.decode(items[-1], type=dict[str, Raw]), "cache_control": mark}]
    except (*DECODE_ERRORS, IndexError):
        return raw


def _content(raw: Raw, mark: dict[str, str]) -> Any:
    """Text or blocks with a breakpoint on the last; as they are where that block takes none."""
    if bytes(raw)[:1] == b'"':
        said = msgspec.json.decode(raw, type=str)
        return [{"type": "text", "text": raw, "cache_control": mark}] if said.strip() else raw
    try:
        last = msgspec.json.decode(raw)[-1]
    except (*DECODE_ERRORS, IndexError, KeyError, TypeError):
        return raw
    takes = isinstance(last, dict) and last.get("type") in _TAKES and str(last.get("text", "x")).strip()
    return _marked_last(raw, mark) if takes else raw
