"""Decompresses what a provider compressed against the request's headers, piece by piece."""

import zlib
from collections.abc import Iterator

from services.gateway.domain.attempts import Failure

# Pieces that others do not have to wait for: what is read of each takes a few milliseconds at most.
PIECE = 16 << 10
_GZIP = 16 + zlib.MAX_WBITS


class Unpacker:
    """One body; `encoding` is its Content-Encoding. `Failure` for an encoding that is not opened here, or that is broken."""

    def __init__(self, encoding: str) -> None:
        self._kind = encoding.strip().lower()
        if self._kind not in ("", "identity", "gzip", "x-gzip", "deflate"):
            raise Failure(
                "malformed", f"The answer is compressed with {self._kind[:32]!r}, which it was asked not to be."
            )
        self._opened = None if self._kind in ("", "identity") else zlib.decompressobj(_GZIP)
        self._begun = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """What the data holds, in pieces."""
        if self._opened is None:
            for at in range(0, len(data), PIECE):
                yield data[at : at + PIECE]
            return
        while data:
            if self._kind == "deflate" and not self._begun:
                # Said to be zlib's format by the standard, and meant as bare deflate by many a server.
                zlib_header = len(data) > 1 and data[0] & 0x0F == 8 and int.from_bytes(data[:2], "big") % 31 == 0
                self._opened = zlib.decompressobj(zlib.MAX_WBITS if zlib_header else -zlib.MAX_WBITS)
            self._begun = True
            try:
                piece = self._opened.decompress(data, PIECE)
            except zlib.error:
                raise Failure("malformed", "The answer is compressed, and cannot be opened.") from None
            if piece:
                yield piece
            data = self._opened.unconsumed_tail
            if self._opened.eof:
                data = self._opened.unused_data
                if not data.startswith(b"\x1f\x8b"):
                    return
                self._opened = zlib.decompressobj(_GZIP)

    def end(self) -> None:
        """The body is over; `Failure` "truncated" where its compression is not."""
        if self._opened is not None and self._begun and not self._opened.eof:
            raise Failure("truncated", "The connection was lost in the middle of the answer.")
