"""OpenAI's embeddings, and those of servers that speak its format."""

from collections.abc import Mapping
from typing import Final

import msgspec

from libs.common.errors import BadRequest
from services.gateway.domain.attempts import Failure
from services.gateway.domain.embeddings import MAX_INPUTS, EmbeddingRows, EmbeddingsEnvelope, placed
from services.gateway.translate.fields import MAX_COUNT, MAX_NAME, Fields, read_object

_KNOWN: Final = frozenset(("model", "input", "dimensions", "encoding_format", "user"))
_BASE64: Final = msgspec.Raw(b'"base64"')
_COMMA: Final = b","


class OpenAIEmbeddingFormat:
    """`exact`: OpenAI's own rules apply, and base64 is understood; other servers may have rules of their own. Token ids are those of the
    server's own vocabulary where it `takes_tokens`.
    """

    batch = MAX_INPUTS
    unit = False

    def __init__(self, *, exact: bool, takes_tokens: bool = True) -> None:
        self._exact = self.bounded = exact
        self.takes_tokens = takes_tokens

    def check(self, envelope: EmbeddingsEnvelope) -> None:
        """Refuse what OpenAI would refuse: an answer from the cache must not depend on what it holds."""
        if not self._exact:
            return
        for name in envelope.top:
            if name not in _KNOWN:
                raise BadRequest(
                    f"Unknown parameter: '{name[:MAX_NAME]}'.", code="unknown_parameter", param=name[:MAX_NAME]
                )
        if any(not one.text and not one.tokens for one in envelope.inputs):
            raise BadRequest("'$.input' is invalid: an input may not be empty.", param="input")

    def request(self, envelope: EmbeddingsEnvelope, model: str) -> bytes:
        """The client's fields with the inputs that are missing. Vectors of base64 are a quarter of the size of numbers."""
        named = envelope.encoding is not None or not self._exact
        if envelope.untouched and named and model == envelope.model:
            return envelope.raw
        top: dict[str, object] = dict(envelope.top)
        if not envelope.untouched:
            top["input"] = msgspec.Raw(b"[%b]" % _COMMA.join(bytes(one.raw) for one in envelope.inputs))
        if self._exact:
            top["encoding_format"] = _BASE64
        top["model"] = model
        return msgspec.json.encode(top)

    def answer(self, data: bytes, count: int) -> EmbeddingRows:
        found = read_object(data)
        if found is None:
            raise Failure("malformed", "the answer is not a JSON object.")
        usage = found.object("usage")
        tokens = _count(usage)
        model = found.text("model")[:MAX_NAME] or None
        return EmbeddingRows(rows=placed(_indexed(found), count), tokens=tokens, model=model)


OPENAI_EMBEDDINGS: Final = OpenAIEmbeddingFormat(exact=True)
COMPATIBLE_EMBEDDINGS: Final = OpenAIEmbeddingFormat(exact=False)
TEXT_EMBEDDINGS: Final = OpenAIEmbeddingFormat(exact=False, takes_tokens=False)


class _Row(msgspec.Struct):
    embedding: msgspec.Raw
    index: int | None = None


_rows = msgspec.json.Decoder(list[_Row])


def _indexed(found: Fields) -> Mapping[int, msgspec.Raw]:
    """Rows by their index, or by their place where no row has one."""
    try:
        rows = _rows.decode(found.values.get("data", msgspec.Raw(b"[]")))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise Failure("malformed", "the answer's rows cannot be read.") from None
    if all(row.index is None for row in rows):
        return {at: row.embedding for at, row in enumerate(rows)}
    indexed = {row.index: row.embedding for row in rows if row.index is not None}
    return indexed if len(indexed) == len(rows) else {}


def _count(usage: Fields) -> int | None:
    for name in ("prompt_tokens", "total_tokens"):
        value = usage.value(name) if name in usage.values else None
        if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MAX_COUNT:
            return value
    return None
