"""The dialect of each provider."""

from collections.abc import Mapping

from services.gateway.translate.anthropic import ANTHROPIC
from services.gateway.translate.dialect import Dialect
from services.gateway.translate.google import GOOGLE
from services.gateway.translate.openai_openai import OPENAI, OPENAI_COMPATIBLE

DIALECTS: Mapping[str, Dialect] = {
    "openai": OPENAI,
    "openai_compatible": OPENAI_COMPATIBLE,
    "anthropic": ANTHROPIC,
    "google": GOOGLE,
}
