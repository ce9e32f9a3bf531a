"""Sealing of secrets: AES-256-GCM under a key of each secret's own, which is wrapped by a versioned master key.

A sealed text reads `1.<master key version>.<wrapped data key>.<ciphertext>`; the leading number is the version of the
envelope and of the data key. Organization, purpose, id and that version are authenticated with both layers, so that
a sealed text moved to another row does not open. `purpose` is what the secret is for: a provider's name for its key.
"""

import base64
import binascii
import os
from collections.abc import Mapping
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from libs.common.errors import Internal

_DEK_VERSION: Final = "1"
_NONCE: Final = 12


class CannotOpen(Internal):
    """A sealed text belongs to another row, was changed, or its master key is not at hand."""

    code = "sealed_key_unreadable"


class Sealer:
    """Seals with the newest master key (`keks`: version to 32 bytes), opens with whichever one was used."""

    def __init__(self, keks: Mapping[int, bytes]) -> None:
        if not keks or any(len(kek) != 32 for kek in keks.values()):
            raise ValueError("A master key has to be 32 bytes long.")
        self._keks = {version: AESGCM(kek) for version, kek in keks.items()}
        self._newest = max(keks)

    @property
    def newest(self) -> int:
        """The version of the master key that seals."""
        return self._newest

    def seal(self, org: str, purpose: str, secret_id: str, plaintext: str) -> str:
        """The sealed form of a secret, printable ASCII."""
        bound_to = _bound_to(org, purpose, secret_id)
        dek = AESGCM.generate_key(256)
        wrapped = _encrypt(self._keks[self._newest], dek, bound_to)
        text = _encrypt(AESGCM(dek), plaintext.encode(), bound_to)
        return f"{_DEK_VERSION}.{self._newest}.{wrapped}.{text}"

    def open(self, org: str, purpose: str, secret_id: str, sealed: str) -> str:
        """The secret again; `CannotOpen` unless organization, purpose and id are those it was sealed for."""
        bound_to = _bound_to(org, purpose, secret_id)
        try:
            dek, text = self._unwrap(purpose, sealed, bound_to)
            return _decrypt(AESGCM(dek), text, bound_to).decode()
        except (InvalidTag, ValueError):
            raise _unreadable(purpose) from None

    def rewrap(self, org: str, purpose: str, secret_id: str, sealed: str) -> str:
        """The same secret with its data key under the newest master key; the secret itself is not opened. `CannotOpen` as
        above.
        """
        bound_to = _bound_to(org, purpose, secret_id)
        dek, text = self._unwrap(purpose, sealed, bound_to)
        return f"{_DEK_VERSION}.{self._newest}.{_encrypt(self._keks[self._newest], dek, bound_to)}.{text}"

    def _unwrap(self, purpose: str, sealed: str, bound_to: bytes) -> tuple[bytes, str]:
        try:
            version, kek, wrapped, text = sealed.split(".")
            if version != _DEK_VERSION:
                raise ValueError(version)
            return _decrypt(self._keks[int(kek)], wrapped, bound_to), text
        except (InvalidTag, KeyError, ValueError):
            raise _unreadable(purpose) from None


def wrapped_under(version: int) -> str:
    """How every text begins whose data key is wrapped by this version of the master key."""
    return f"{_DEK_VERSION}.{version}."


def _unreadable(purpose: str) -> CannotOpen:
    return CannotOpen(
        f"The stored secret for {purpose} cannot be opened with the master keys at hand. Store it again; a provider's key is "
        "connected again in the dashboard."
    )


def parse_keks(text: str) -> dict[int, bytes]:
    """Master keys out of a setting: `<base64>`, or `1:<base64>,2:<base64>` once they have been rotated.

    ValueError says what is wrong, without quoting the key.
    """
    keks: dict[int, bytes] = {}
    for part in text.split(","):
        version, _, encoded = part.strip().rpartition(":")
        if not (version or "1").isdecimal():
            raise ValueError("The version of a master key is a number.")
        try:
            key = base64.b64decode(encoded.translate({ord("-"): "+", ord("_"): "/"}), validate=True)
        except binascii.Error:
            raise ValueError("A master key has to be base64.") from None
        if len(key) != 32:
            raise ValueError("A master key has to be 32 bytes long, in base64.")
        if int(version or 1) in keks:
            raise ValueError("Two master keys have the same version.")
        keks[int(version or 1)] = key
    return keks


def _bound_to(org: str, purpose: str, secret_id: str) -> bytes:
    parts = (org, purpose, secret_id, _DEK_VERSION)
    if any("|" in part for part in parts):
        raise ValueError("An identifier may not contain a bar.")
    return "|".join(parts).encode()


def _encrypt(key: AESGCM, plaintext: bytes, bound_to: bytes) -> str:
    nonce = os.urandom(_NONCE)
    return base64.urlsafe_b64encode(nonce + key.encrypt(nonce, plaintext, bound_to)).decode()


def _decrypt(key: AESGCM, text: str, bound_to: bytes) -> bytes:
    data = base64.urlsafe_b64decode(text)
    if base64.urlsafe_b64encode(data).decode() != text:
        raise ValueError("not the text that was written")
    return key.decrypt(data[:_NONCE], data[_NONCE:], bound_to)
