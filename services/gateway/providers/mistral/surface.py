"""Mistral's chat API as one value."""

import msgspec

from services.gateway.formats.blocks import Ask
from services.gateway.formats.build import Built, Target
from services.gateway.providers.compatible import chat
from services.gateway.providers.compatible.surface import CHAT
from services.gateway.providers.mistral.chat import MISTRAL


def _build(ask: Ask, target: Target) -> Built:
    return chat.build(ask, target, dialect=MISTRAL)


MISTRAL_CHAT = msgspec.structs.replace(CHAT, build=_build)
