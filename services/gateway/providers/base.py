"""What the gateway has to know about a provider. Each provider declares it in its own folder; nothing else names providers."""

from collections.abc import AsyncGenerator, Mapping
from typing import Protocol

import msgspec

from services.gateway.domain.attempts import Failure
from services.gateway.domain.batches import BatchFormat
from services.gateway.domain.embeddings import EmbeddingRows, EmbeddingsEnvelope
from services.gateway.formats.surface import ProviderSurface
from services.gateway.translate.dialect import Dialect

# Client formats that are translated through the neutral model.
_TRANSLATED = ("messages", "responses", "generate")


class OutgoingRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request about to be sent to a provider, without its credentials. Header names are lower-case."""

    method: str
    url: str
    headers: Mapping[str, str] = {}
    body: bytes = b""


class EncodedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A model call as an endpoint made it: the body for one of the provider's surfaces, query and headers to go with it.

    `dropped` are the client's parameters that the provider has no form for, `added` those that the client did not send. `raw`
    says that the client's own request goes out: only the model's name and what counting needs may differ. `forwarded` says that
    the answer is in the client's format and goes to the client as it comes, errors included; `holds_reasoning` that there is
    reasoning in it that the provider may refuse; `local` that there is nothing to be sent, because the answer is known. An answer that
    the client can wait for may take `patience` seconds, where that is more than others have.
    """

    surface: str
    stream: bool
    body: bytes
    query: str = ""
    headers: Mapping[str, str] = {}
    dropped: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    raw: bool = False
    forwarded: bool = False
    holds_reasoning: bool = False
    local: bool = False
    patience: float = 0.0


class ProviderAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A whole answer. Header names are lower-case."""

    content: bytes
    status: int = 200
    headers: Mapping[str, str] = {}


class ProviderStream(msgspec.Struct, frozen=True, kw_only=True):
    """An open stream. Closing `pieces` hangs up. Header names are lower-case."""

    pieces: AsyncGenerator[bytes, None]
    headers: Mapping[str, str] = {}


class EmbeddingFormat(Protocol):
    """A provider's format of embeddings. `batch` is how many inputs one call may have; `unit` says that vectors of fewer
    dimensions than the model's own have to be normalised, `bounded` that OpenAI's limit of tokens applies, `takes_tokens` that an input may
    be the ids of its tokens.
    """

    batch: int
    unit: bool
    bounded: bool
    takes_tokens: bool

    def check(self, envelope: EmbeddingsEnvelope) -> None:
        """`BadRequest` for what this provider does not take."""
        ...

    def request(self, envelope: EmbeddingsEnvelope, model: str) -> bytes:
        """The body for the envelope's inputs; its own bytes where nothing in them changes."""
        ...

    def answer(self, data: bytes, count: int) -> EmbeddingRows:
        """The rows of an answer to so many inputs, in their order; `Failure` where they are not there."""
        ...


class Provider:
    """One provider.

    `name` is the one in provider keys, the catalogue and the request log; `telemetry_name` the one of OpenTelemetry's
    conventions; `base_url` is used where a key names none. `surfaces` are the APIs that it serves, by the names of the
    endpoints' own surfaces ("chat", "messages", …). `chat` translates between the chat format and the provider's own, and
    `chat_surface` is the API that such requests go to; None: it answers no chat. `formats` reads and writes its APIs by their
    names, and `foreign_surface` is the one for clients of a format that it does not speak, chat apart (empty: there is none).
    `embeddings` is its format of those, None where it makes no vectors; `passes_through` says that it has the calls of
    `domain/passthrough.py`.
    `rejects_unknown_fields` says that a server may refuse a field without naming it; `batches` is its format of those, None where it
    has none.
    """

    name: str
    telemetry_name: str
    surfaces: frozenset[str] = frozenset()
    chat: Dialect | None = None
    chat_surface: str = ""
    embeddings: EmbeddingFormat | None = None
    passes_through: bool = False
    formats: Mapping[str, ProviderSurface] = {}
    foreign_surface: str = ""
    rejects_unknown_fields: bool = False
    batches: BatchFormat | None = None

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url

    def answers(self, surface: str) -> bool:
        """Whether a client of this surface can be served: in the provider's own format, or translated."""
        if surface in self.surfaces or (surface == "chat" and self.chat is not None):
            return True
        if surface == "embed":
            return self.embeddings is not None
        if surface == "passthrough":
            return self.passes_through
        return surface in _TRANSLATED and bool(self.foreign_surface)

    def url(self, surface: str, base_url: str, model: str, *, stream: bool) -> str:
        """The address of a call, with its query. `base_url` may end with the API's version or without."""
        raise NotImplementedError

    def root(self, base_url: str) -> str:
        """The address below which files and batches lie."""
        return base_url.rstrip("/")

    def models_url(self, base_url: str) -> str:
        """The address of the list of models, which shows whether a key works at no cost."""
        raise NotImplementedError

    def sign(self, request: OutgoingRequest, key: str) -> Mapping[str, str]:
        """The headers that authorize a request. They may depend on all of it: method, address, headers and body."""
        raise NotImplementedError

    def error(self, status: int, headers: Mapping[str, str], content: bytes) -> Failure:
        """What an error answer means. Header names are lower-case."""
        raise NotImplementedError
