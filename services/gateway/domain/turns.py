"""What outlives a turn: a tool call has to come back to the model that made it, with what that model wants to see again."""

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Any

import msgspec

from services.gateway.domain.chat import Chat, opening

_MAX_RECALLED = 128


class Kept(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What has to come back with a tool call's result, though OpenAI's format has no place for it.

    `served_model` made the call, with the provider's key `key_id`, and its loop stays with it. `signature` is Gemini's
    thought signature; `blocks` are Anthropic's thinking blocks, as they came and in their order. `stepped_down`: a
    budget has moved the session to this model.
    """

    served_model: str
    key_id: str | None = None
    signature: str | None = None
    blocks: list[dict[str, Any]] = []
    stepped_down: bool = False


class CallIds(msgspec.Struct, frozen=True, kw_only=True):
    """Tool calls of a conversation: the newest `all` of them, oldest first, and those `open` that the request brings results for.
    `unnamed`: it brings results for calls that have no ids.
    """

    all: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    unnamed: bool = False

    @property
    def in_loop(self) -> bool:
        """Whether the model is in the middle of its work with tools."""
        return bool(self.open) or self.unnamed


def of_chat(chat: Chat) -> CallIds:
    """The tool calls of a chat request."""
    return CallIds(all=tuple(call_ids(chat)), open=tuple(open_calls(chat)))


def session_name(chat: Chat, model: str, session: str | None, agent: str | None) -> str:
    """Under what the model of a session is kept that asked for `model`. What a client calls the session is not enough: it may give
    many conversations one name.
    """
    digest = blake2b("\n".join((model, session or "", agent or "")).encode("utf-8", "surrogatepass"), digest_size=16)
    digest.update(opening(chat))
    return f"session {digest.hexdigest()}"


def newest(ids: Iterable[str]) -> tuple[str, ...]:
    """As many of these as are looked up."""
    return tuple(ids)[-_MAX_RECALLED:]


def call_ids(chat: Chat) -> list[str]:
    """The newest tool calls of a conversation, oldest first; none where no tool was called."""
    found = [
        call["id"]
        for message in chat.fields.messages
        for call in message.tool_calls or ()
        if isinstance(call.get("id"), str) and call["id"]
    ]
    return found[-_MAX_RECALLED:]


def open_calls(chat: Chat) -> list[str]:
    """The calls that this request brings results for: those of a loop that goes on."""
    ids: list[str] = []
    for message in reversed(chat.fields.messages):
        if message.role != "tool":
            break
        ids.append(message.tool_call_id or "")
    return [name for name in ids if name]


def without_blocks(kept: Mapping[str, Kept]) -> dict[str, Kept]:
    """The same without thinking blocks: a model refuses its own where anything before them has changed."""
    return {name: msgspec.structs.replace(known, blocks=[]) for name, known in kept.items()}


def made_with(kept: Mapping[str, Kept], key_id: str | None) -> dict[str, Kept]:
    """The same calls, with the provider's key that made them."""
    return {name: msgspec.structs.replace(known, key_id=key_id) for name, known in kept.items()}


def for_key(kept: Mapping[str, Kept], key_id: str) -> dict[str, Kept]:
    """The same for a call with one key: what another one's account has thought, it does not take back."""
    return {
        name: known if known.key_id in (None, key_id) else msgspec.structs.replace(known, blocks=[])
        for name, known in kept.items()
    }


def of_answer(kept: dict[str, Kept], ids: Iterable[str], served_model: str) -> dict[str, Kept]:
    """What to keep of an answer's calls: at least who made them."""
    return {name: kept.get(name) or Kept(served_model=served_model) for name in ids}
