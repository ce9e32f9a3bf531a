"""What is read of Gemini's streams that are forwarded as they come: each event's counts replace those before it."""

import re

from services.gateway.domain.attempts import Failure
from services.gateway.formats.peek import FramePeek, Seen
from services.gateway.providers.google.answer import usage_of
from services.gateway.translate.google_openai import usage
from services.gateway.translate.google_wire import Counts, reply

# Gemini's events have no names, and say at their end what they are: all of them are read.
_WANTED = re.compile(rb"data:")

_OPENING = re.compile(rb"data: ?\s*\{\s*\"error\"")


def peek() -> FramePeek:
    """What is read of a stream that is forwarded as it comes."""
    return FramePeek(_WANTED, _read, opening=_OPENING)


def seen_whole(data: bytes) -> Seen:
    """What is read of a whole answer that is forwarded as it came."""
    seen = Seen()
    _read(data, seen)
    return seen


def _read(data: bytes, seen: Seen) -> None:
    try:
        found = reply(data)
    except Failure as failure:
        seen.failure = failure
        return
    seen.model, seen.answer_id = found.model or seen.model, found.id or seen.answer_id
    seen.tier = found.tier or seen.tier
    if found.counts is not None and _counted(found.counts):
        seen.usage = usage_of(found.counts)
    for candidate in found.candidates[:1]:
        seen.call_ids += [
            part.function_call.id or part.function_call.name
            for part in candidate.parts
            if part.function_call is not None
        ]
        if candidate.finish_reason is not None:
            _stopped(candidate.finish_reason, seen)
    if found.blocked is not None:
        seen.native_stop, seen.stop, seen.done = found.blocked, "refusal", True


def _counted(counts: Counts) -> bool:
    return usage(counts) is not None


def _stopped(native: str, seen: Seen) -> None:
    seen.native_stop, seen.done = native, True
    if native == "MAX_TOKENS":
        seen.stop = "length"
    elif native == "STOP":
        seen.stop = "tool_use" if seen.call_ids else "end"
    else:
        seen.stop = "refusal"
