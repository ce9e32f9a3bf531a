"""A stream of Gemini's that is one JSON list, forwarded as it comes: it is looked at once all of it is there."""

import msgspec

from services.gateway.domain.attempts import Failure
from services.gateway.endpoints.forwarded import ForwardedStream
from services.gateway.formats.frames import one_line


class ForwardedList(ForwardedStream):
    """See `AnswerStream`."""

    def feed(self, piece: bytes, /) -> bytes:
        self._pieces.append(piece)
        self._held += piece
        if self.started:
            return piece
        begun = bytes(self._held).lstrip()
        if begun[:1] == b"{":
            return b""  # no list: an error
        if begun[1:].strip():
            return self._release()
        return b""

    def end(self) -> bytes:
        """Nothing is left; what came is read as if it had been events. `Failure` where the list is not complete."""
        data = b"".join(self._pieces)
        try:
            listed = msgspec.json.decode(data, type=list[msgspec.Raw])
        except (msgspec.MsgspecError, UnicodeDecodeError):
            if not self.started:
                return self._end_unopened()  # an answer or an error that is no list
            self._failure = Failure("truncated", "The list broke off.")
            raise self._failure from None
        for one in listed:
            self._peek.feed(b"data: %b\n\n" % one_line(bytes(one)))
        failure = self._peek.seen.failure
        if failure is not None:
            self._failure, self._said_so = failure, self.started
            raise failure
        if not self._peek.seen.done:
            self._failure = Failure("truncated", "The list ended before the answer did.")
            self._said_so = self.started  # the list is closed: nothing can follow it
            raise self._failure
        return b"" if self.started else self._release()

    def keep_alive(self) -> bytes:
        """Nothing: who knows whether a value is open."""
        return b""
