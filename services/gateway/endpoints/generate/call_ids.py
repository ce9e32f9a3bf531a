"""Whether a request of Gemini's goes on with a tool loop. Its calls need no ids, so none of them is looked up."""

import msgspec

from libs.common.contracts.base import DECODE_ERRORS
from services.gateway.domain.turns import CallIds

_contents = msgspec.json.Decoder(list[msgspec.Raw])
_RESPONSES = (b'"functionResponse"', b'"function_response"')


def call_ids(contents: msgspec.Raw) -> CallIds:
    """Whether the last of the contents brings results. Not, where they cannot be read: whoever needs them says what is wrong."""
    try:
        last = bytes(_contents.decode(contents)[-1])
    except (*DECODE_ERRORS, RecursionError, IndexError):
        return CallIds()
    return CallIds(unnamed=any(name in last for name in _RESPONSES))
