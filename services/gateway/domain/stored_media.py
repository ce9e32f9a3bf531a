"""Images and files of a stored response, which lie beside it: they would make its entry too large, and often come again."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from msgspec import Raw

from services.gateway.domain.stored_response import StoredResponse

LEAST = 64 << 10
_FIELDS = frozenset(("image_url", "file_data", "data"))


def taken_out(entry: StoredResponse, mark: str, key: bytes) -> tuple[StoredResponse, dict[str, str]]:
    """The response without its large media, and these by their digests. `mark` stands before each digest in their place; it must be
    one that no client can guess. `key` (64 bytes at most) is for the digests, so that they say nothing of what was seen elsewhere.
    """
    media: dict[str, str] = {}

    def replaced(text: str) -> str:
        if len(text) < LEAST:
            return text
        digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), key=key, digest_size=16).hexdigest()
        media[digest] = text
        return mark + digest

    items = [tuple(_item(item, replaced) for item in listed) for listed in (entry.input, entry.output)]
    if not media:
        return entry, {}
    return msgspec.structs.replace(entry, input=items[0], output=items[1], mark=mark, media=tuple(media)), media


def put_back(entry: StoredResponse, media: Mapping[str, str]) -> StoredResponse:
    """The response as it was, with its media by their digests."""
    mark = entry.mark

    def replaced(text: str) -> str:
        return media.get(text.removeprefix(mark), text) if text.startswith(mark) else text

    found = mark.encode()
    items = [
        tuple(_walked(item, replaced) if found in bytes(item) else item for item in listed)
        for listed in (entry.input, entry.output)
    ]
    return msgspec.structs.replace(entry, input=items[0], output=items[1], mark="", media=())


def _item(item: Raw, replaced: Callable[[str], str]) -> Raw:
    return _walked(item, replaced) if len(bytes(item)) >= LEAST else item


def _walked(item: Raw, replaced: Callable[[str], str]) -> Raw:
    return Raw(msgspec.json.encode(_walk(msgspec.json.decode(item), replaced)))


def _walk(value: Any, replaced: Callable[[str], str]) -> Any:
    if isinstance(value, list):
        return [_walk(one, replaced) for one in value]
    if isinstance(value, dict):
        return {
            name: replaced(one) if name in _FIELDS and isinstance(one, str) else _walk(one, replaced)
            for name, one in value.items()
        }
    return value
