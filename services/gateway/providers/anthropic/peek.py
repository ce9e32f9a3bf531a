"""What is read of Anthropic's streams that are forwarded as they come."""

import re

from services.gateway.formats.peek import FramePeek, Seen
from services.gateway.providers.anthropic.answer import merged, stop_of, usage_of
from services.gateway.translate.anthropic_wire import Counts, Error, counts_of, error_of, failed, tier_of
from services.gateway.translate.fields import Fields, read_object, too_many_parts

_WANTED = re.compile(rb"message_start|message_delta|message_stop|\"error\"|event: ?error|tool_use")

_OPENING = re.compile(rb"message_start|event: ?ping|\"type\": ?\"(?:ping|error)\"|event: ?error")


def peek() -> FramePeek:
    """What is read of a stream that is forwarded as it comes."""
    return FramePeek(_WANTED, _Peeked(), opening=_OPENING)


def seen_whole(data: bytes) -> Seen:
    """What is read of a whole answer that is forwarded as it came."""
    seen = Seen()
    message = read_object(data)
    if message is None or too_many_parts(data):
        return seen
    if message.text("type") == "error":
        seen.failure = failed(error_of(message) or Error())
    else:
        _Peeked().whole(message, seen)
    return seen


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

    def whole(self, message: Fields, seen: Seen) -> None:
        """A message that came whole."""
        seen.model, seen.answer_id = message.name("model"), message.name("id")
        blocks = message.objects("content")
        seen.call_ids += [block.name("id") for block in blocks if block.text("type") == "tool_use"]
        seen.native_stop = message.name("stop_reason") or None
        seen.stop = stop_of(seen.native_stop, called=bool(seen.call_ids))
        self._count(message.object("usage"), seen)
        seen.done = True

    def _count(self, usage: Fields, seen: Seen) -> None:
        if usage.values:
            searches = usage.object("server_tool_use").value("web_search_requests")
            if isinstance(searches, int) and not isinstance(searches, bool) and searches > 0:
                seen.units["web_search"] = searches
            if listed := usage.objects("iterations"):
                seen.iterations = [
                    (one.name("model") or seen.model, counted)
                    for one in listed
                    if (counted := usage_of(counts_of(one))) is not None
                ]
            self._counts = merged(self._counts, usage)
            seen.usage = usage_of(self._counts)
            seen.tier = tier_of(usage) or seen.tier
