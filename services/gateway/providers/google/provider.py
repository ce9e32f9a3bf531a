"""Google's Gemini API, as AI Studio has it: the model and streaming stand in the address."""

from collections.abc import Mapping
from urllib.parse import quote

from services.gateway.domain.attempts import Failure
from services.gateway.formats.surface import ProviderSurface
from services.gateway.providers.base import OutgoingRequest, Provider
from services.gateway.providers.google.embeddings import GOOGLE_EMBEDDINGS
from services.gateway.providers.google.surface import GENERATE
from services.gateway.translate.google import GOOGLE
from services.gateway.translate.google_errors import failure


class Google(Provider):
    """generativelanguage.googleapis.com."""

    name = "google"
    telemetry_name = "gcp.gemini"
    surfaces = frozenset(("generate",))
    chat = GOOGLE
    chat_surface = "generate"
    embeddings = GOOGLE_EMBEDDINGS
    formats: Mapping[str, ProviderSurface] = {"generate": GENERATE}
    foreign_surface = "generate"

    def url(self, surface: str, base_url: str, model: str, *, stream: bool) -> str:
        if surface == "embed":
            return f"{_with_version(base_url)}/models/{quote(model, safe='')}:batchEmbedContents"
        method = "streamGenerateContent?alt=sse" if stream else "generateContent"
        if surface == "generate:list":
            method = "streamGenerateContent"
        elif surface == "generate:count":
            method = "countTokens"
        return f"{_with_version(base_url)}/models/{quote(model, safe='')}:{method}"

    def models_url(self, base_url: str) -> str:
        return f"{_with_version(base_url)}/models"

    def sign(self, request: OutgoingRequest, key: str) -> Mapping[str, str]:
        return {"x-goog-api-key": key}

    def error(self, status: int, headers: Mapping[str, str], content: bytes) -> Failure:
        return failure(status, headers, content)


def _with_version(base_url: str) -> str:
    base_url = base_url.rstrip("/")
    return base_url if base_url.endswith(("/v1beta", "/v1")) else f"{base_url}/v1beta"
