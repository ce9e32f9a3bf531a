"""An answer of the Gemini API once more: with an id of its own, or as a stream."""

import msgspec

from services.gateway.formats.frames import one_line
from services.gateway.formats.json_fields import as_object


def renewed(body: bytes, response_id: str) -> bytes:
    """A stored answer under another id. Ids of its calls stay, because the client pairs them."""
    return msgspec.json.encode({**as_object(body, "answer"), "responseId": response_id})


def events_of(body: bytes, *, listed: bool) -> bytes:
    """A whole answer as a stream of one piece, which is an event or all of a JSON list."""
    data = one_line(body)
    return b"[%b\n]" % data if listed else b"data: %b\r\n\r\n" % data
