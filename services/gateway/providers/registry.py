"""All providers. A new one is its folder and a line in `providers`."""

from collections.abc import Iterable, Iterator

from services.gateway.providers.anthropic.provider import Anthropic
from services.gateway.providers.base import Provider
from services.gateway.providers.compatible.provider import Compatible
from services.gateway.providers.google.provider import Google
from services.gateway.providers.mistral.provider import BASE_URL as MISTRAL_URL
from services.gateway.providers.mistral.provider import Mistral
from services.gateway.providers.openai.provider import OpenAI


class Registry:
    """Providers by their names."""

    def __init__(self, providers: Iterable[Provider]) -> None:
        self._providers = {provider.name: provider for provider in providers}
        self._answering: dict[str, frozenset[str]] = {}

    def __iter__(self) -> Iterator[Provider]:
        return iter(self._providers.values())

    def __getitem__(self, name: str) -> Provider:
        return self._providers[name]

    def answering(self, surface: str) -> frozenset[str]:
        """The names of the providers that can serve clients of this surface."""
        if surface not in self._answering:
            names = (provider.name for provider in self if provider.answers(surface))
            self._answering[surface] = frozenset(names)
        return self._answering[surface]


def providers(*, openai: str, anthropic: str, google: str, anthropic_version: str) -> Registry:
    """The registry; the first three are the base URLs of the official APIs."""
    return Registry(
        (
            OpenAI(openai),
            Compatible(openai),
            Anthropic(anthropic, anthropic_version),
            Google(google),
            Mistral(MISTRAL_URL),
        )
    )
