"""What is read of Responses streams that are forwarded as they come."""

import re

from services.gateway.formats.peek import FramePeek, Seen
from services.gateway.providers.openai.answer import failure_in, usage_of
from services.gateway.translate.fields import Fields, read_object, too_many_parts

_WANTED = re.compile(
    rb"response\.(?:created|completed|incomplete|failed|output_item\.done)|\"error\"|event: ?error", re.ASCII
)
_OPENING = re.compile(rb"response\.(?:created|in_progress|queued|failed)|event: ?error|\"type\": ?\"error\"")
_CALLS = ("function_call", "custom_tool_call", "local_shell_call", "shell_call", "apply_patch_call")


def peek() -> FramePeek:
    """What is read of a stream that is forwarded as it comes. A last frame of up to 64 MiB is read; beyond that its tokens are lost."""
    return FramePeek(_WANTED, _read, opening=_OPENING)


def seen_whole(data: bytes) -> Seen:
    """What is read of a whole answer that is forwarded as it came."""
    seen = Seen()
    response = read_object(data)
    if response is None or too_many_parts(data):
        return seen
    if response.text("status") == "failed" or response.object("error").values:
        seen.failure = failure_in(response)
        return seen
    items = [item for item in response.objects("output") if item.text("type") in _CALLS]
    seen.call_ids += [item.name("call_id") or item.name("id") for item in items]
    _finished(response, seen)
    return seen


def _read(data: bytes, seen: Seen) -> None:
    event = read_object(data)
    if event is None:
        return
    match event.text("type"):
        case "response.created":
            response = event.object("response")
            seen.model, seen.answer_id = response.name("model"), response.name("id")
        case "response.output_item.done" if event.object("item").text("type") in _CALLS:
            item = event.object("item")
            seen.call_ids.append(item.name("call_id") or item.name("id"))
        case "response.completed" | "response.incomplete":
            _finished(event.object("response"), seen)
        case "response.failed":
            seen.failure = failure_in(event.object("response"))
            seen.usage = usage_of(event.object("response")) or seen.usage
        case "error":
            seen.failure = failure_in(event)


def _finished(response: Fields, seen: Seen) -> None:
    seen.done = True
    seen.model = response.name("model") or seen.model
    seen.answer_id = response.name("id") or seen.answer_id
    seen.usage = usage_of(response)
    searches = response.object("tool_usage").object("web_search").value("num_requests")
    if isinstance(searches, int) and not isinstance(searches, bool) and searches > 0:
        seen.units["web_search"] = searches
    seen.tier = response.name("service_tier") or None
    seen.native_stop = response.object("incomplete_details").name("reason") or response.name("status")
    if response.text("status") == "incomplete":
        seen.stop = "refusal" if seen.native_stop == "content_filter" else "length"
    else:
        seen.stop = "tool_use" if seen.call_ids else "end"
