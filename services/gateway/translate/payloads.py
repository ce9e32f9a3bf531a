"""The events of a provider's stream, fit to be read: in UTF-8, without what only keeps the line open, and not too large."""

import re

from libs.common.errors import PayloadTooLarge
from services.gateway.domain.attempts import Failure
from services.gateway.translate.fields import piece_of_text, read_list, read_object, too_many_parts
from services.gateway.translate.sse import SseParser

# Words and values that some servers send as signs of life. What looks like a page or an object is none of them.
_HEARTBEAT = re.compile(rb"\s*(?:null|\"[^\"<{]{0,64}\"|[\w .:+-]{0,64}|\[[\w -]{1,64}\]|\{\s*\})\s*")
DONE = b"[DONE]"


class Payloads:
    """Feed it what the network gives. `Failure` "malformed" for an event that is too large to be read."""

    def __init__(self) -> None:
        self._parser = SseParser()

    @property
    def idle(self) -> bool:
        """Whether no event has begun that is not whole yet."""
        return self._parser.idle

    def feed(self, piece: bytes) -> list[bytes]:
        """The payloads that this piece completes."""
        try:
            return [_fit(payload) for payload in self._parser.feed(piece) if payload.strip()]
        except PayloadTooLarge as error:
            raise Failure("malformed", error.message) from None

    def end(self) -> list[bytes]:
        """The payload of an event that was not closed when the connection was, if it is whole all the same."""
        found = [_fit(payload) for payload in self._parser.end()]
        return [payload for payload in found if payload == DONE or _is_whole(payload)]


def heartbeat(payload: bytes) -> bool:
    """Whether an event that cannot be read says nothing anyway."""
    return _HEARTBEAT.fullmatch(payload) is not None


def _is_whole(payload: bytes) -> bool:
    return read_object(payload) is not None or read_list(payload) is not None


def _fit(payload: bytes) -> bytes:
    if payload.strip() == DONE:
        return DONE
    if too_many_parts(payload):
        raise Failure("malformed", "An event of the provider's stream holds too many parts.")
    return piece_of_text(payload)
