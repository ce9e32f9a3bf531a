"""What a request needs of a model, read off its body."""

from libs.common.contracts.router import Needs
from services.gateway.domain.chat import Chat

_CHARS_PER_TOKEN = 3  # an estimate on the safe side, for a limit that is rarely near


def needs(chat: Chat) -> Needs:
    """The capabilities and the context that have to be there."""
    kinds: set[str] = set()
    chars = 0
    for message in chat.fields.messages:
        kinds |= message.part_types
        chars += sum(map(len, message.texts))
    fields = chat.fields
    return Needs(
        vision="image_url" in kinds,
        audio="input_audio" in kinds,
        files="file" in kinds,
        tools=bool(fields.tools or fields.functions),
        json_schema=fields.response_format is not None and fields.response_format.type == "json_schema",
        multiple_choices=(fields.n or 1) > 1,
        context_tokens=chars // _CHARS_PER_TOKEN,
    )
