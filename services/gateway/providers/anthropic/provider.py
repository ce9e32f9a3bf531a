"""Anthropic's Messages API."""

from collections.abc import Mapping

from services.gateway.domain.attempts import Failure
from services.gateway.providers.base import OutgoingRequest, Provider
from services.gateway.translate.anthropic import ANTHROPIC
from services.gateway.translate.anthropic_openai import failure


class Anthropic(Provider):
    """api.anthropic.com. `version` is the value of the header `anthropic-version`."""

    name = "anthropic"
    telemetry_name = "anthropic"
    surfaces = frozenset(("messages",))
    chat = ANTHROPIC
    chat_surface = "messages"

    def __init__(self, base_url: str, version: str) -> None:
        super().__init__(base_url)
        self._version = version

    def url(self, surface: str, base_url: str, model: str, *, stream: bool) -> str:
        return f"{_with_version(base_url)}/messages"

    def models_url(self, base_url: str) -> str:
        return f"{_with_version(base_url)}/models"

    def sign(self, request: OutgoingRequest, key: str) -> Mapping[str, str]:
        return {"x-api-key": key, "anthropic-version": self._version}

    def error(self, status: int, headers: Mapping[str, str], content: bytes) -> Failure:
        return failure(status, headers, content)


def _with_version(base_url: str) -> str:
    return f"{base_url.rstrip('/').removesuffix('/v1')}/v1"
