"""The cipher for reasoning that an organization's clients carry from one request to the next."""

from collections.abc import Callable

from libs.common.sealing import CannotOpen, Sealer
from services.gateway.formats.opaque import Cipher

_PURPOSE = "reasoning"
_ID = "carried"  # what else it is bound to is inside, where the reader checks it


def reasoning_ciphers(sealer: Sealer) -> Callable[[str], Cipher]:
    """Gives a cipher for an organization's id."""

    def cipher(org_id: str) -> Cipher:
        def seal(payload: bytes) -> str:
            return sealer.seal(org_id, _PURPOSE, _ID, payload.decode())

        def opened(text: str) -> bytes | None:
            try:
                return sealer.open(org_id, _PURPOSE, _ID, text).encode()
            except CannotOpen:
                return None

        return Cipher(seal=seal, open=opened)

    return cipher
