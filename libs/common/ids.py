"""Identifiers: UUIDv7 behind a prefix that says what it names, so that they sort by time and read well in a log."""

import os
import re
import time
import uuid

_ID = re.compile(r"[a-z]{2,6}_[0-9a-f]{32}")


def uuid7(now_ms: int | None = None) -> uuid.UUID:
    """A UUIDv7 (RFC 9562 §5.7); `now_ms` is milliseconds since the epoch, the clock's by default."""
    ms = time.time_ns() // 1_000_000 if now_ms is None else now_ms
    value = (ms & (1 << 48) - 1) << 80 | int.from_bytes(os.urandom(10))
    value &= ~(0xF << 76) & ~(0x3 << 62)
    return uuid.UUID(int=value | 0x7 << 76 | 0x2 << 62)


def new_id(prefix: str, now_ms: int | None = None) -> str:
    """A fresh `<prefix>_<32 hex digits>`, such as `req_0195...`."""
    return f"{prefix}_{uuid7(now_ms).hex}"


def is_id(value: str, prefix: str) -> bool:
    """Whether `value` has the form that `new_id(prefix)` gives: safe in a subject, a path and a header."""
    return value.startswith(prefix + "_") and _ID.fullmatch(value) is not None


def time_ms(identifier: str) -> int:
    """Milliseconds since the epoch, read out of a UUIDv7 identifier."""
    return int(identifier.rpartition("_")[2][:12], 16)
