"""The installation's secrets: made once, readable by their owner only."""

import base64
import hashlib
import hmac
import os
import secrets
from pathlib import Path

import msgspec


def _kek() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def _word() -> str:
    return secrets.token_urlsafe(32)


class Secrets(msgspec.Struct, frozen=True, kw_only=True):
    """`kek` and `alerts_kek` are base64 of 32 bytes; the others are random text."""

    kek: str
    key_pepper: str
    jwt_secret: str
    # Younger than the others, so a file may lack it. They must never be made anew: what they seal and sign would be lost.
    alerts_kek: str = msgspec.field(default_factory=_kek)
    postgres_password: str = msgspec.field(default_factory=_word)
    bus_secret: str = msgspec.field(default_factory=_word)
    metrics_token: str = msgspec.field(default_factory=_word)

    def bus_password(self, user: str) -> str:
        """The password of a NATS user: 64 hexadecimal digits."""
        return hmac.new(self.bus_secret.encode(), user.encode(), hashlib.sha256).hexdigest()


def load_or_make(path: Path) -> Secrets:
    """The secrets in `path`, with mode 0600: made on the first run, and kept but for what a file lacks."""
    if not path.exists():
        made = Secrets(kek=_kek(), key_pepper=secrets.token_urlsafe(48), jwt_secret=secrets.token_urlsafe(48))
        _write(path, msgspec.to_builtins(made))
        return made
    known = msgspec.json.decode(path.read_bytes(), type=dict[str, str])
    found = msgspec.convert(known, Secrets)
    whole = {**known, **msgspec.to_builtins(found)}
    if whole != known:
        _write(path, whole)
    return found


def _write(path: Path, content: dict[str, str]) -> None:
    """All of it or nothing: a file that breaks off would be worse than none."""
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(content)) + b"\n")
        file.flush()
        os.fsync(descriptor)
    new.replace(path)
