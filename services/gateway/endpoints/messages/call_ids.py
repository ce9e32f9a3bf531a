"""Which tools were called in a conversation, read without reading the rest of it."""

import msgspec
from msgspec import Raw

from libs.common.contracts.base import DECODE_ERRORS
from services.gateway.domain.turns import CallIds, newest


class _Message(msgspec.Struct, frozen=True):
    role: str = ""
    content: Raw = Raw(b"null")


class _Block(msgspec.Struct, frozen=True):
    type: str = ""
    id: str = ""
    tool_use_id: str = ""


_messages = msgspec.json.Decoder(list[_Message])
_blocks = msgspec.json.Decoder(list[_Block])


def call_ids(messages: Raw) -> CallIds:
    """The calls of these messages, and those that the last of them brings results for. None where they cannot be read: whoever
    needs them in full says what is wrong with them.
    """
    called: list[str] = []
    returned: list[str] = []
    try:
        for message in _messages.decode(messages):
            text = bytes(message.content)
            if message.role == "user":
                found = _blocks.decode(text) if b'"tool_result"' in text else ()
                returned = [block.tool_use_id for block in found if block.type == "tool_result"]
            elif message.role == "assistant" and b'"tool_use"' in text:
                called += [block.id for block in _blocks.decode(text) if block.type == "tool_use" and block.id]
    except (*DECODE_ERRORS, RecursionError):
        return CallIds()
    return CallIds(all=newest(called), open=tuple(filter(None, returned)))
