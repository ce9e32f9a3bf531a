"""Messages of the usual forms: where all are, nothing in them is nested deep, and nobody has to look for brackets in their texts."""

import msgspec
from msgspec import UNSET, UnsetType


class _Strict(msgspec.Struct, forbid_unknown_fields=True):
    """Whatever is not named here might hold anything."""


class _Mark(_Strict):
    type: str
    ttl: str | None = None


class _Address(_Strict):
    url: str
    detail: str | None = None


class _Part(_Strict):
    type: str
    text: str | None = None
    image_url: _Address | str | UnsetType = UNSET
    refusal: str | None = None
    cache_control: _Mark | None = None


class _Function(_Strict):
    name: str
    arguments: str = ""
    description: str | None = None


class _Call(_Strict):
    id: str | None = None
    type: str | None = None
    function: _Function | UnsetType = UNSET
    index: int | None = None


class _Message(_Strict):
    role: str
    content: str | list[_Part] | None = None
    name: str | None = None
    tool_calls: list[_Call] | None = None
    tool_call_id: str | None = None
    refusal: str | None = None
    reasoning_content: str | None = None
    cache_control: _Mark | None = None


_decoder = msgspec.json.Decoder(list[_Message])


def are_plain(messages: msgspec.Raw | bytes) -> bool:
    """Whether a JSON array holds nothing but messages whose fields are all of them texts, or short lists of named things."""
    try:
        _decoder.decode(messages)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    return True
