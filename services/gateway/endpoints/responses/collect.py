"""The response that a stream of OpenAI's says, as it would have come whole."""

import msgspec
from msgspec import Raw

from libs.common.contracts.base import DECODE_ERRORS
from services.gateway.formats.frames import payloads


class _Event(msgspec.Struct, frozen=True):
    type: str = ""
    response: Raw = Raw(b"")


def response_of(stream: bytes) -> bytes | None:
    """The response in the last event of a stream; None for one that broke off."""
    found: bytes | None = None
    try:
        for data in payloads(stream):
            if b'"response.completed"' in data[:256] or b'"response.completed"' in data[-256:]:
                event = msgspec.json.decode(data, type=_Event)
                if event.type == "response.completed" and bytes(event.response)[:1] == b"{":
                    found = bytes(event.response)
    except (*DECODE_ERRORS, RecursionError):
        return None
    return found
