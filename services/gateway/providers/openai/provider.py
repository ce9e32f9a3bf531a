"""OpenAI's API, authorized by a bearer token."""

from collections.abc import Mapping

from services.gateway.domain.attempts import Failure
from services.gateway.domain.batches import BatchFormat
from services.gateway.formats.surface import ProviderSurface
from services.gateway.providers.base import EmbeddingFormat, OutgoingRequest, Provider
from services.gateway.providers.openai.batches import OPENAI_BATCHES
from services.gateway.providers.openai.embeddings import OPENAI_EMBEDDINGS
from services.gateway.providers.openai.surface import CHAT, RESPONSES
from services.gateway.translate.dialect import Dialect
from services.gateway.translate.openai_errors import failure
from services.gateway.translate.openai_openai import OPENAI

_PATHS = {
    "embed": "embeddings",
    "responses": "responses",
    "responses:count": "responses/input_tokens",
    "responses:compact": "responses/compact",
}


class OpenAI(Provider):
    """api.openai.com."""

    name = "openai"
    telemetry_name = "openai"
    surfaces: frozenset[str] = frozenset(("chat", "responses"))
    chat: Dialect | None = OPENAI
    chat_surface = "chat"
    formats: Mapping[str, ProviderSurface] = {"chat": CHAT, "responses": RESPONSES}
    foreign_surface = "responses"
    embeddings: EmbeddingFormat | None = OPENAI_EMBEDDINGS
    passes_through = True
    batches: BatchFormat | None = OPENAI_BATCHES

    def url(self, surface: str, base_url: str, model: str, *, stream: bool) -> str:
        return f"{base_url.rstrip('/')}/{_PATHS.get(surface, 'chat/completions')}"

    def models_url(self, base_url: str) -> str:
        return f"{base_url.rstrip('/')}/models"

    def sign(self, request: OutgoingRequest, key: str) -> Mapping[str, str]:
        return {"authorization": f"Bearer {key}"}

    def error(self, status: int, headers: Mapping[str, str], content: bytes) -> Failure:
        return failure(status, headers, content)
