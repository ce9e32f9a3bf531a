"""What a client format sends while nothing else is to be said, so that nobody on the way closes the connection."""

from services.gateway.formats.blocks import Surface

# Google's clients take every line for a piece of JSON, so they get a blank one. Clients of the Responses API count only events: their
# stream's writer repeats `response.in_progress` beside the comment.
KEEP_ALIVE: dict[Surface, bytes] = {
    "chat": b": ping\n\n",
    "messages": b'event: ping\ndata: {"type":"ping"}\n\n',
    "responses": b": ping\n\n",
    "generate": b"\n",
}
# Seconds of silence after which `response.in_progress` is repeated: a client gives up after 300 without an event.
REPEAT_IN_PROGRESS = 60
