"""A rough count of a request's tokens, for providers that count none: its words, and a flat number for each picture."""

import msgspec

from services.gateway.formats.blocks import Ask, Block, Call, Hosted, Media, Reasoning, Result, Text

_PICTURE = 1_500  # tokens of a large picture, which is what agents send
_PER_TURN = 4
_PAGE_BYTES = 40_000  # of base64, for 1,500 tokens of a page


class Rough(msgspec.Struct, frozen=True):
    """The words that count, and the tokens of what is no words."""

    text: str
    beside: int


def rough(ask: Ask) -> Rough:
    """What of a request becomes tokens."""
    words: list[str] = []
    beside = _PER_TURN * len(ask.turns)
    for block in (*ask.system, *(block for turn in ask.turns for block in turn.blocks)):
        beside += _count(block, words)
    for tool in ask.tools:
        words += (tool.name, tool.description, bytes(tool.schema or b"").decode())
    if ask.format is not None and ask.format.schema is not None:
        words.append(bytes(ask.format.schema).decode())
    return Rough("\n".join(filter(None, words)), beside)


def _count(block: Block, words: list[str]) -> int:
    match block:
        case Text(text=text) | Reasoning(text=text) | Hosted(digest=text):
            words.append(text)
        case Call(name=name, arguments=arguments):
            words += (name, bytes(arguments).decode())
        case Result(parts=parts):
            return sum(_count(part, words) for part in parts)
        case Media(form="image"):
            return _PICTURE
        case Media(data=data):
            return _PICTURE * (1 + len(data) // _PAGE_BYTES)
        case _:
            pass
    return 0
