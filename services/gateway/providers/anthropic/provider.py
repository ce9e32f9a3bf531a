"""Anthropic's Messages API."""

from collections.abc import Mapping

from services.gateway.domain.attempts import Failure
from services.gateway.formats.surface import ProviderSurface
from services.gateway.providers.anthropic.batches import ANTHROPIC_BATCHES
from services.gateway.providers.anthropic.chat import ANTHROPIC
from services.gateway.providers.anthropic.surface import MESSAGES
from services.gateway.providers.base import OutgoingRequest, Provider
from services.gateway.translate.anthropic_wire import failure


class Anthropic(Provider):
    """api.anthropic.com. `version` is the value of the header `anthropic-version`."""

    name = "anthropic"
    telemetry_name = "anthropic"
    surfaces = frozenset(("messages",))
    chat = ANTHROPIC
    chat_surface = "messages"
    formats: Mapping[str, ProviderSurface] = {"messages": MESSAGES}
    foreign_surface = "messages"
    batches = ANTHROPIC_BATCHES

    def __init__(self, base_url: str, version: str) -> None:
        super().__init__(base_url)
        self._version = version

    def url(self, surface: str, base_url: str, model: str, *, stream: bool) -> str:
        count = "/count_tokens" if surface == "messages:count" else ""
        return f"{_with_version(base_url)}/messages{count}"

    def root(self, base_url: str) -> str:
        return _with_version(base_url)

    def models_url(self, base_url: str) -> str:
        return f"{_with_version(base_url)}/models"

    def sign(self, request: OutgoingRequest, key: str) -> Mapping[str, str]:
        version = request.headers.get("anthropic-version", self._version)
        return {"x-api-key": key, "anthropic-version": version}

    def error(self, status: int, headers: Mapping[str, str], content: bytes) -> Failure:
        return failure(status, headers, content)


def _with_version(base_url: str) -> str:
    return f"{base_url.rstrip('/').removesuffix('/v1')}/v1"
