"""What LiteLLM calls providers, and what each is in Promptly."""

from collections.abc import Mapping
from typing import Final

import msgspec

from libs.common.contracts.providers import ProviderName


class Known(msgspec.Struct, frozen=True):
    """A prefix of LiteLLM's models: Promptly's provider, the variable where LiteLLM looks for its key, and where a server is that has
    no provider of its own here.
    """

    provider: ProviderName
    variable: str
    base_url: str | None = None


def _server(variable: str, base_url: str | None) -> Known:
    return Known("openai_compatible", variable, base_url)


PREFIXES: Final[Mapping[str, Known]] = {
    "openai": Known("openai", "OPENAI_API_KEY"),
    "text-completion-openai": Known("openai", "OPENAI_API_KEY"),
    "anthropic": Known("anthropic", "ANTHROPIC_API_KEY"),
    "gemini": Known("google", "GEMINI_API_KEY"),
    "mistral": Known("mistral", "MISTRAL_API_KEY"),
    "groq": _server("GROQ_API_KEY", "https://api.groq.com/openai/v1"),
    "deepseek": _server("DEEPSEEK_API_KEY", "https://api.deepseek.com/v1"),
    "openrouter": _server("OPENROUTER_API_KEY", "https://openrouter.ai/api/v1"),
    "together_ai": _server("TOGETHERAI_API_KEY", "https://api.together.xyz/v1"),
    "fireworks_ai": _server("FIREWORKS_AI_API_KEY", "https://api.fireworks.ai/inference/v1"),
    "xai": _server("XAI_API_KEY", "https://api.x.ai/v1"),
    "perplexity": _server("PERPLEXITYAI_API_KEY", "https://api.perplexity.ai"),
    "cerebras": _server("CEREBRAS_API_KEY", "https://api.cerebras.ai/v1"),
    "nvidia_nim": _server("NVIDIA_NIM_API_KEY", "https://integrate.api.nvidia.com/v1"),
    "ollama": _server("OLLAMA_API_KEY", "http://localhost:11434/v1"),
    "ollama_chat": _server("OLLAMA_API_KEY", "http://localhost:11434/v1"),
    "hosted_vllm": _server("HOSTED_VLLM_API_KEY", None),
    "lm_studio": _server("LM_STUDIO_API_KEY", None),
    "litellm_proxy": _server("LITELLM_PROXY_API_KEY", None),
}
# Names of models that LiteLLM takes without a prefix.
BARE: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        ("gpt-", "o1", "o3", "o4", "chatgpt-", "text-embedding-", "ft:gpt-", "dall-e-", "whisper-", "tts-"), "openai"
    ),
    "claude-": "anthropic",
}
# Servers that ask for no key: Promptly wants one for each provider, and any text will do.
KEYLESS: Final = frozenset(("ollama", "ollama_chat", "hosted_vllm", "lm_studio"))
# Caches of LiteLLM's that answer equal requests only.
EXACT_CACHES: Final = frozenset(("local", "redis", "s3", "gcs", "disk", "azure-blob"))
