"""The chat API of servers that speak OpenAI's format as one value."""

from services.gateway.formats.surface import ProviderSurface
from services.gateway.providers.compatible import answer, chat

CHAT = ProviderSurface(
    name="chat",
    path=chat.path,
    build=chat.build,
    read=answer.read_answer,
    reader=answer.reader,
    failure=answer.failure,
)
