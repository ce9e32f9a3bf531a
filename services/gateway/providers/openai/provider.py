"""OpenAI's API, authorized by a bearer token."""

from collections.abc import Mapping

from services.gateway.domain.attempts import Failure
from services.gateway.providers.base import EmbeddingFormat, OutgoingRequest, Provider
from services.gateway.providers.openai.embeddings import OPENAI_EMBEDDINGS
from services.gateway.translate.dialect import Dialect
from services.gateway.translate.openai_errors import failure
from services.gateway.translate.openai_openai import OPENAI

_PATHS = {"embed": "embeddings"}


class OpenAI(Provider):
    """api.openai.com."""

    name = "openai"
    telemetry_name = "openai"
    surfaces = frozenset(("chat", "embed", "passthrough"))
    chat: Dialect | None = OPENAI
    chat_surface = "chat"
    embeddings: EmbeddingFormat | None = OPENAI_EMBEDDINGS

    def url(self, surface: str, base_url: str, model: str, *, stream: bool) -> str:
        return f"{base_url.rstrip('/')}/{_PATHS.get(surface, 'chat/completions')}"

    def models_url(self, base_url: str) -> str:
        return f"{base_url.rstrip('/')}/models"

    def sign(self, request: OutgoingRequest, key: str) -> Mapping[str, str]:
        return {"authorization": f"Bearer {key}"}

    def error(self, status: int, headers: Mapping[str, str], content: bytes) -> Failure:
        return failure(status, headers, content)
