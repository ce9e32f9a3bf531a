"""How deep JSON is nested, found by its marks alone: nothing is built, and no byte is looked at in Python."""

from typing import Final

MAX_DEPTH: Final = 64
_OPENING: Final = frozenset(b"[{")
_NO_MARK: Final = bytes(set(range(256)) - set(b'[]{}"'))
# With what may stand behind a backslash, so that no backslash comes before anything else than it did.
_NO_ESCAPE: Final = bytes(set(range(256)) - set(b'[]{}"\\/bfnrtu'))
# What is nested less deep than this many levels is gone after so many rounds, and hardly anything is nested deeper.
_ROUNDS: Final = 12


def too_deep(value: bytes) -> bool:
    """Whether JSON that has been decoded once is nested deeper than `MAX_DEPTH` levels."""
    if value.count(b"[") + value.count(b"{") <= MAX_DEPTH:
        return False
    brackets = inner = _brackets(value)
    for _ in range(_ROUNDS):
        inner = inner.replace(b"[]", b"").replace(b"{}", b"")
        if not inner:
            return False
    depth = 0
    for bracket in brackets:
        depth += 1 if bracket in _OPENING else -1
        if depth > MAX_DEPTH:
            return True
    return False


def _brackets(value: bytes) -> bytes:
    """Those outside strings."""
    if b"\\" in value:
        # Looking for two bytes takes long, so whatever is of no account goes first.
        value = value.translate(None, _NO_ESCAPE).replace(b"\\\\", b"").replace(b'\\"', b"")
    return b"".join(value.translate(None, _NO_MARK).split(b'"')[::2])
