"""Google's embeddings, by `:batchEmbedContents`: one request of the batch for each text, or texts would share one vector."""

from typing import Any, Final

import msgspec

from libs.common.errors import BadRequest
from services.gateway.domain.attempts import Failure
from services.gateway.domain.embeddings import EmbeddingRows, EmbeddingsEnvelope
from services.gateway.translate.fields import MAX_COUNT, MAX_NAME, read_object

_PASSED: Final = {"task_type": "taskType", "title": "title"}
_KNOWN: Final = frozenset(("model", "input", "dimensions", "encoding_format", "user", *_PASSED))


class GoogleEmbeddingFormat:
    """See `EmbeddingFormat`. Shortened vectors of Google's are not of length one."""

    batch = 100
    unit = True
    bounded = True
    takes_tokens = False

    def check(self, envelope: EmbeddingsEnvelope) -> None:
        """Refuse what has no form here."""
        for name in envelope.top:
            if name not in _KNOWN:
                raise BadRequest(
                    f"Unknown parameter: '{name[:MAX_NAME]}'.", code="unknown_parameter", param=name[:MAX_NAME]
                )
        for name in _PASSED:
            if name in envelope.top and bytes(envelope.top[name])[:1] not in (b'"', b"n"):
                raise BadRequest(f"Invalid type for '{name}': expected a string.", param=name)
        if any(not one.text for one in envelope.inputs):
            raise BadRequest("'$.input' is invalid: an input may not be empty.", param="input")

    def request(self, envelope: EmbeddingsEnvelope, model: str) -> bytes:
        common: dict[str, Any] = {"model": f"models/{model}"}
        more: dict[str, Any] = {} if envelope.dimensions is None else {"outputDimensionality": envelope.dimensions}
        more |= {theirs: envelope.top[ours] for ours, theirs in _PASSED.items() if ours in envelope.top}
        return msgspec.json.encode(
            {"requests": [{**common, "content": {"parts": [{"text": one.raw}]}, **more} for one in envelope.inputs]}
        )

    def answer(self, data: bytes, count: int) -> EmbeddingRows:
        found = read_object(data)
        if found is None:
            raise Failure("malformed", "the answer is not a JSON object.")
        try:
            rows = _rows.decode(found.values.get("embeddings", msgspec.Raw(b"[]")))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            raise Failure("malformed", "the answer's rows cannot be read.") from None
        if len(rows) != count:
            raise Failure("malformed", f"there are not {count} vectors, one for each input.")
        usage = found.object("usageMetadata")
        counted = usage.value("promptTokenCount") if "promptTokenCount" in usage.values else None
        tokens = counted if isinstance(counted, int) and 0 < counted <= MAX_COUNT else None
        return EmbeddingRows(rows=tuple(row.values for row in rows), tokens=tokens)


GOOGLE_EMBEDDINGS: Final = GoogleEmbeddingFormat()


class _Row(msgspec.Struct):
    values: msgspec.Raw


_rows = msgspec.json.Decoder(list[_Row])
