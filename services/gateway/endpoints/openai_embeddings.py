"""POST /v1/embeddings: OpenAI's format, for every provider that makes vectors."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from libs.common.contracts.auth import Scope
from libs.common.contracts.base import DECODE_ERRORS
from libs.common.errors import BadRequest, PromptlyError
from services.gateway.domain.cache_key import CacheKey
from services.gateway.domain.chat import Chat
from services.gateway.domain.embeddings import (
    MAX_INPUTS,
    EmbeddingInput,
    EmbeddingRows,
    EmbeddingsEnvelope,
    Encoding,
    text_input,
    token_input,
    vector_json,
)
from services.gateway.domain.request import Envelope, Kind, Request
from services.gateway.domain.turns import CallIds
from services.gateway.endpoints.base import (
    AnswerStream,
    AnswerSummary,
    Attempt,
    CompleteAnswer,
    DecodedAnswer,
    ErrorResponse,
)
from services.gateway.endpoints.openai_chat import OPENAI_CHAT
from services.gateway.providers.base import EmbeddingFormat, EncodedRequest

_BROKEN: Final = (*DECODE_ERRORS, RecursionError)
_ids = msgspec.json.Decoder(list[int])
_items = msgspec.json.Decoder(list[msgspec.Raw])
_object = msgspec.json.Decoder(dict[str, msgspec.Raw])
_NO_TEXT: Final = "embeddings are not streamed, and have no metadata in their body"


class EmbeddingsAnswer(CompleteAnswer, frozen=True, kw_only=True):
    """A provider's answer to one call."""

    rows: EmbeddingRows


class OpenAIEmbeddings:
    """OpenAI's embeddings. Inputs are served one by one, so this format is always read; see `Endpoint`."""

    kind: Kind = "embedding"
    surface = "embed"
    scope: Scope = "chat"
    operation = "embeddings"
    routes: tuple[str, ...] = ("/v1/embeddings",)

    def head(self, body: bytes, headers: Mapping[str, str], query: str) -> EmbeddingsEnvelope:
        """Read a request. What only some providers refuse is refused where the provider is known."""
        try:
            top = _object.decode(body)
        except _BROKEN:
            raise BadRequest("The body is not a JSON object.") from None
        model = _field(top, "model", str, "a string")
        if not isinstance(model, str) or not model:
            raise BadRequest("you must provide a model parameter", param="model")
        dimensions = _field(top, "dimensions", int, "a whole number")
        if dimensions is not None and dimensions < 1:
            raise BadRequest("'dimensions' must be at least 1.", param="dimensions")
        inputs, single = _inputs(top.get("input"))
        return EmbeddingsEnvelope(
            raw=body,
            top=top,
            model=model,
            end_user=_field(top, "user", str, "a string"),
            inputs=inputs,
            single=single,
            dimensions=dimensions,
            encoding=_encoding(top),
        )

    def for_model(self, envelope: Envelope, model: str) -> EmbeddingsEnvelope:
        return self.head(msgspec.json.encode({**envelope.top, "model": model}), {}, "")

    def chat_view(self, envelope: Envelope) -> Chat | None:
        """None: nothing may touch a text that a vector is made of."""
        return None

    def call_ids(self, envelope: Envelope) -> CallIds:
        """None: there are no tools."""
        return CallIds()

    def cache_key(self, envelope: Envelope, shape: dict[str, Any], application: str | None) -> CacheKey | None:
        """None: vectors are cached by input, not by request."""
        return None

    def encode(self, attempt: Attempt) -> EncodedRequest:
        envelope = attempt.request.envelope
        assert isinstance(envelope, EmbeddingsEnvelope)
        body = format_of(attempt).request(envelope, attempt.target.served_model)
        return EncodedRequest(surface=self.surface, stream=False, body=body, raw=body is envelope.raw)

    def decode(self, attempt: Attempt, data: bytes) -> DecodedAnswer:
        return DecodedAnswer(body=data)

    def read(self, attempt: Attempt, decoded: DecodedAnswer) -> CompleteAnswer:
        """The rows of an answer, not yet their vectors: those are read in pieces that others do not have to wait for."""
        envelope = attempt.request.envelope
        assert isinstance(envelope, EmbeddingsEnvelope)
        rows = format_of(attempt).answer(decoded.body, len(envelope.inputs))
        summary = AnswerSummary(
            model=rows.model, service_tier=None, usage=None, text="", has_content=True, complete=True
        )
        return EmbeddingsAnswer(body=b"", summary=summary, rows=rows)

    def stream(self, attempt: Attempt) -> AnswerStream:
        raise NotImplementedError(_NO_TEXT)

    def with_metadata(self, body: bytes, metadata: bytes) -> bytes:
        return body

    def media_type(self, envelope: Envelope) -> str:
        return "application/json"

    def replay(self, request: Request, body: bytes, metadata: bytes) -> bytes:
        raise NotImplementedError(_NO_TEXT)

    def error(self, error: PromptlyError, request_id: str) -> ErrorResponse:
        made = OPENAI_CHAT.error(error, request_id)
        return msgspec.structs.replace(made, headers={**made.headers, "x-request-id": request_id})

    def stream_error(self, error: PromptlyError, request_id: str) -> bytes:
        raise NotImplementedError(_NO_TEXT)

    def rows(self, vectors: Sequence[bytes], begin: int, encoding: Encoding | None) -> bytes:
        """Some rows of the answer, the first of them with the index `begin`, with commas between them."""
        return b",".join(
            b'{"object":"embedding","index":%d,"embedding":%b}' % (begin + at, vector_json(vector, encoding))
            for at, vector in enumerate(vectors)
        )

    def answer(self, rows: Sequence[bytes], model: str, tokens: int) -> bytes:
        """The whole answer of what `rows` made."""
        return b'{"object":"list","data":[%b],"model":%b,"usage":{"prompt_tokens":%d,"total_tokens":%d}}' % (
            b",".join(rows),
            msgspec.json.encode(model),
            tokens,
            tokens,
        )


OPENAI_EMBEDDINGS: Final = OpenAIEmbeddings()


def format_of(attempt: Attempt) -> EmbeddingFormat:
    """The provider's own format."""
    found = attempt.provider.embeddings
    assert found is not None, "targets are chosen among the providers that make vectors"
    return found


def _inputs(raw: msgspec.Raw | None) -> tuple[tuple[EmbeddingInput, ...], bool]:
    """The inputs, and whether it is one that stands in no list."""
    if raw is None:
        raise BadRequest("Missing required parameter: 'input'.", param="input")
    given = bytes(raw).lstrip()
    try:
        if given[:1] == b'"':
            return (text_input(raw, msgspec.json.decode(raw, type=str)),), True
        first = given[1:].lstrip()[:1]
        if first not in (b'"', b"[", b"]"):
            return (token_input(raw, _ids.decode(raw)),), True
        items = _items.decode(raw)
        if not items:
            raise BadRequest("Invalid 'input': the array may not be empty.", param="input")
        if len(items) > MAX_INPUTS:
            raise BadRequest(
                f"Invalid 'input': array too long. Expected an array with maximum length {MAX_INPUTS}, but got an array with "
                f"length {len(items)} instead.",
                param="input",
            )
        texts = bytes(items[0])[:1] == b'"'
        if texts:
            return tuple(text_input(item, msgspec.json.decode(item, type=str)) for item in items), False
        return tuple(token_input(item, _ids.decode(item)) for item in items), False
    except _BROKEN:
        message = (
            "Invalid type for 'input': expected a string, an array of strings, an array of tokens or an array of those."
        )
        raise BadRequest(message, param="input") from None


def _encoding(top: Mapping[str, msgspec.Raw]) -> Encoding | None:
    found = _field(top, "encoding_format", str, "a string")
    if found is None:
        return None
    if found == "float":
        return "float"
    if found == "base64":
        return "base64"
    raise BadRequest(
        "Invalid value for 'encoding_format': supported values are 'float' and 'base64'.", param="encoding_format"
    )


def _field(top: Mapping[str, msgspec.Raw], name: str, kind: type, what: str) -> Any:
    if name not in top:
        return None
    try:
        return msgspec.json.decode(top[name], type=kind | None)
    except _BROKEN:
        raise BadRequest(f"Invalid type for '{name}': expected {what}.", param=name) from None
