"""Which tools were called in a conversation of items, read without reading the rest of it."""

from collections.abc import Sequence

import msgspec
from msgspec import Raw

from libs.common.contracts.base import DECODE_ERRORS
from services.gateway.domain.turns import CallIds, newest


class _Item(msgspec.Struct, frozen=True):
    type: str = ""
    call_id: str = ""


_items = msgspec.json.Decoder(list[_Item])
_item = msgspec.json.Decoder(_Item)


def call_ids(earlier: Sequence[Raw], sent: Raw) -> CallIds:
    """The calls of these items, and those that the last of them bring outputs for. None where they cannot be read: whoever needs
    them in full says what is wrong with them.
    """
    try:
        own = _items.decode(sent) if bytes(sent).lstrip()[:1] == b"[" else []
        items = [*(_item.decode(raw) for raw in earlier), *own]
    except (*DECODE_ERRORS, RecursionError):
        return CallIds()
    called = [item.call_id for item in items if item.type.endswith("_call") and item.call_id]
    returned: list[str] = []
    for item in reversed(items):
        if not item.type.endswith("_output"):
            break
        returned.append(item.call_id)
    return CallIds(all=newest(called), open=tuple(filter(None, reversed(returned))))
