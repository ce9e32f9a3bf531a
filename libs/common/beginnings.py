"""Digests of the beginnings of a conversation: by one of them two sides mean the same messages without sending them."""

from collections.abc import Iterable
from hashlib import blake2b
from typing import Final

import msgspec

_SIZE: Final = 16
NOTHING: Final = bytes(_SIZE)


def beginnings(messages: Iterable[msgspec.Raw | bytes], after: bytes = NOTHING) -> list[bytes]:
    """For each message, as it was written, a digest (16 bytes) of it and all before it; `after` is that of what stands before the first."""
    digests, last = [], after
    for message in messages:
        running = blake2b(last, digest_size=_SIZE)
        running.update(message)
        last = running.digest()
        digests.append(last)
    return digests
