"""API keys: how they look, how a mistyped one is told without a look-up, and the digest they are stored and sent as."""

import hashlib
import hmac
import secrets
import zlib
from typing import Final

KEY_PREFIX: Final = "sk-promptly-"
OPTIMIZE_PREFIX: Final = "sk_live_"
# Keys for /api, which no request to a model can be made with.
CONTROL_PREFIX: Final = "cp-promptly-"

_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_RANDOM: Final = 43  # 62^43 > 2^256
_CHECKSUM: Final = 6  # 62^6 > 2^32


def new_key(prefix: str = KEY_PREFIX) -> str:
    """A fresh key: the prefix, 256 random bits and their checksum, all characters that a double click selects."""
    body = prefix + "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM))
    return body + _checksum(body)


def well_formed(key: str, prefixes: tuple[str, ...] = (KEY_PREFIX, OPTIMIZE_PREFIX)) -> bool:
    """Whether `key` is one that `new_key` can have made with one of the prefixes: the alphabet, the length and the checksum fit."""
    for prefix in prefixes:
        if key.startswith(prefix):
            if len(key) != len(prefix) + _RANDOM + _CHECKSUM or not key.isascii():
                return False
            return hmac.compare_digest(_checksum(key[:-_CHECKSUM]), key[-_CHECKSUM:])
    return False


def digest(key: str, pepper: str) -> str:
    """HMAC-SHA256 of the key under the pepper, in hex: worthless to a thief of the database who lacks the pepper."""
    return hmac.digest(pepper.encode(), key.encode("utf-8", "surrogatepass"), hashlib.sha256).hex()


def prefix(key: str) -> str:
    """The part of a key that says what kind it is; empty for anything else."""
    return next((known for known in (KEY_PREFIX, OPTIMIZE_PREFIX, CONTROL_PREFIX) if key.startswith(known)), "")


def last_four(secret: str) -> str:
    """What may be shown of a secret; nothing of one so short that four characters would give it away."""
    return secret[-4:] if len(secret) >= 12 else ""


def _checksum(body: str) -> str:
    number = zlib.crc32(body.encode())
    digits = []
    for _ in range(_CHECKSUM):
        number, digit = divmod(number, 62)
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))
