"""api.mistral.ai. Prices are the catalogue's (`others.json`); a key may name another base URL, such as a proxy's."""

from collections.abc import Mapping

from services.gateway.formats.surface import ProviderSurface
from services.gateway.providers.mistral.chat import MISTRAL
from services.gateway.providers.mistral.surface import MISTRAL_CHAT
from services.gateway.providers.openai.embeddings import TEXT_EMBEDDINGS
from services.gateway.providers.openai.provider import OpenAI

BASE_URL = "https://api.mistral.ai/v1"


class Mistral(OpenAI):
    """Like OpenAI's chat completions, which no request is forwarded to as it came: names and ids differ."""

    name = "mistral"
    telemetry_name = "mistral_ai"
    surfaces = frozenset()
    chat = MISTRAL
    formats: Mapping[str, ProviderSurface] = {"chat": MISTRAL_CHAT}
    foreign_surface = "chat"
    embeddings = TEXT_EMBEDDINGS
    passes_through = False
    batches = None
    rejects_unknown_fields = True
