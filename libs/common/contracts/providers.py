"""The providers that an organization can connect: what their keys need, and what people call them."""

from typing import Final, Literal

import msgspec

ProviderName = Literal["openai", "anthropic", "google", "mistral", "openai_compatible"]


class ProviderInfo(msgspec.Struct, frozen=True, kw_only=True):
    """`label` is for people. `needs_base_url`: a key names the server; `needs_models`: and the models that it serves."""

    name: ProviderName
    label: str
    needs_base_url: bool = False
    needs_models: bool = False


PROVIDERS: Final[tuple[ProviderInfo, ...]] = (
    ProviderInfo(name="openai", label="OpenAI"),
    ProviderInfo(name="anthropic", label="Anthropic"),
    ProviderInfo(name="google", label="Google"),
    ProviderInfo(name="mistral", label="Mistral"),
    ProviderInfo(
        name="openai_compatible", label="Another server with OpenAI's API", needs_base_url=True, needs_models=True
    ),
)
INFO: Final[dict[str, ProviderInfo]] = {provider.name: provider for provider in PROVIDERS}
