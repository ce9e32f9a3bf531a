"""What is read of Anthropic's streams that are forwarded as they come."""

import re

from services.gateway.formats.peek import FramePeek, Seen
from services.gateway.providers.anthropic.answer import merged, stop_of, usage_of
from services.gateway.translate.anthropic_openai import Counts, Error, error_of, failed, tier_of
from services.gateway.translate.fields import Fields, read_object

_WANTED = re.compile(rb"message_start|message_delta|message_stop|\"error\"|event: ?error|tool_use")


def peek() -> FramePeek:
    """What is read of a stream that is forwarded as it comes."""
    return FramePeek(_WANTED, _Peeked())


class _Peeked:
    def __init__(self) -> None:
        self._counts = Counts()

    def __call__(self, data: bytes, seen: Seen) -> None:
        event = read_object(data)
        if event is None:
            return
        match event.text("type"):
            case "message_start":
                message = event.object("message")
                seen.model, seen.answer_id = message.name("model"), message.name("id")
                self._count(message.object("usage"), seen)
            case "message_delta":
                native = event.object("delta").name("stop_reason")
                if native:
                    seen.native_stop, seen.stop = native, stop_of(native, called=bool(seen.call_ids))
                self._count(event.object("usage"), seen)
            case "content_block_start" if event.object("content_block").text("type") == "tool_use":
                seen.call_ids.append(event.object("content_block").name("id"))
            case "message_stop":
                seen.done = True
            case "error":
                seen.failure = failed(error_of(event) or Error())

    def _count(self, usage: Fields, seen: Seen) -> None:
        if usage.values:
            self._counts = merged(self._counts, usage)
            seen.usage = usage_of(self._counts)
            seen.tier = tier_of(usage) or seen.tier
