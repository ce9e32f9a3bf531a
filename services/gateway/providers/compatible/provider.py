"""Servers that speak OpenAI's chat format: vLLM, Ollama, OpenRouter and others. Each key names its own base URL."""

from collections.abc import Mapping

from services.gateway.formats.surface import ProviderSurface
from services.gateway.providers.compatible.surface import CHAT
from services.gateway.providers.openai.embeddings import COMPATIBLE_EMBEDDINGS
from services.gateway.providers.openai.provider import OpenAI
from services.gateway.translate.openai_openai import OPENAI_COMPATIBLE


class Compatible(OpenAI):
    """Like OpenAI, but message fields that OpenAI does not know are passed on: such servers often mean something by them."""

    name = "openai_compatible"
    telemetry_name = "openai_compatible"
    surfaces = frozenset(("chat",))
    chat = OPENAI_COMPATIBLE
    formats: Mapping[str, ProviderSurface] = {"chat": CHAT}
    foreign_surface = "chat"
    embeddings = COMPATIBLE_EMBEDDINGS
    passes_through = False
    batches = None
    rejects_unknown_fields = True
