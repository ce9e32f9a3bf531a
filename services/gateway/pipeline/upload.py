"""The body of a call that is passed through: looked at, counted and bounded while it passes."""

import json
import tempfile
from collections.abc import AsyncIterator
from typing import Any, Final

from libs.common.errors import BadRequest, PayloadTooLarge
from services.gateway.domain.multipart import MultipartScanner

_IN_MEMORY: Final = 1 << 20
_AT_ONCE: Final = 10 << 20
_SPOOLED: Final = 50 << 20
_IDS: Final = ("input_file_id", "file_id", "file_ids", "output_file_id")


class Upload:
    """One body. `error` is what ended it early; `size` the bytes so far; `begun` is true once some of it has been handed on."""

    def __init__(self, content: AsyncIterator[bytes], limit: int, boundary: bytes | None) -> None:
        self._content = content
        self._limit = limit
        self.scanner = None if boundary is None else MultipartScanner(boundary)
        self.error: Exception | None = None
        self.size = 0
        self.begun = False
        self._guarded = False

    @property
    def model(self) -> str | None:
        """The form's model, as soon as it has come."""
        return None if self.scanner is None else self.scanner.fields.get("model")

    async def whole(self) -> bytes:
        """All of it, where that is not more than what is read at once."""
        self._limit = min(self._limit, _AT_ONCE)
        return b"".join([piece async for piece in self._pieces()])

    async def stream(self) -> AsyncIterator[bytes]:
        """Piece by piece, as it came."""
        async for piece in self._pieces():
            self.begun = True
            yield piece

    async def spooled(self) -> AsyncIterator[bytes]:
        """Wait until the model has come, on disk where that is behind a large file; then the same as `stream`."""
        spool = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - closed by the stream that is returned
        pieces = self._pieces()
        self._guarded = True
        try:
            async for piece in pieces:
                spool.write(piece)
                if self.size > _SPOOLED and self.model is None:
                    raise PayloadTooLarge(
                        "This key may use certain models only, and the field `model` does not come within the first 50 MiB of "
                        "the body. Send it before the file.",
                        param="model",
                    )
                if self.model is not None:
                    break
            spool.seek(0)
        except BaseException:
            spool.close()
            raise
        return self._again(spool, pieces)

    async def _again(self, spool: Any, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        self.begun = True
        try:
            while piece := spool.read(_IN_MEMORY):
                yield piece
        finally:
            spool.close()
        async for piece in pieces:
            yield piece

    async def _pieces(self) -> AsyncIterator[bytes]:
        try:
            async for piece in self._content:
                self.size += len(piece)
                if self.size > self._limit:
                    raise PayloadTooLarge("The body is larger than this gateway takes.")
                if self.scanner is not None:
                    self.scanner.feed(piece)
                    if self._guarded and "model" in self.scanner.repeated:
                        raise BadRequest("The field `model` came more than once.", param="model")
                if piece:
                    yield piece
        except Exception as error:
            self.error = error
            raise


def read_json(body: bytes) -> tuple[dict[str, Any], list[str]]:
    """A JSON body, and the ids of files that stand anywhere in it, under whatever spelling; `BadRequest` for what is none."""
    ids: list[str] = []

    def note(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        for name, value in pairs:
            if name in _IDS:
                ids.extend(one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str))
        return dict(pairs)

    try:
        found = json.loads(body, object_pairs_hook=note)
    except (ValueError, RecursionError):
        raise BadRequest("The body is not a JSON object.") from None
    if not isinstance(found, dict):
        raise BadRequest("The body is not a JSON object.")
    return found, ids
