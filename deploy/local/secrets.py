"""The installation's secrets: made once, readable by their owner only."""

import base64
import os
import secrets
from pathlib import Path

import msgspec


class Secrets(msgspec.Struct, frozen=True, kw_only=True):
    """`kek` is base64 of 32 bytes; the others are random text."""

    kek: str
    key_pepper: str
    jwt_secret: str


def load_or_make(path: Path) -> Secrets:
    """The secrets in `path`, made on the first run with mode 0600."""
    if path.exists():
        return msgspec.json.decode(path.read_bytes(), type=Secrets)
    made = Secrets(
        kek=base64.b64encode(secrets.token_bytes(32)).decode(),
        key_pepper=secrets.token_urlsafe(48),
        jwt_secret=secrets.token_urlsafe(48),
    )
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(made)) + b"\n")
    return made
