"""What a provider's wire format has to answer for: a dialect turns OpenAI's requests into it, and its answers back.

Dialects are pure: bytes and structs in, bytes and structs out, and the same call twice gives the same twice.
"""

from collections.abc import Mapping
from typing import Any, Protocol

import msgspec

from libs.common.catalog import Model
from services.gateway.domain.attempts import Failure
from services.gateway.domain.turns import Kept

__all__ = ["Asked", "Chunks", "Dialect", "Kept", "Outgoing", "Whole"]


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A chat request to be sent: the client's object, the messages that go out, and the id of the model.

    `known` is the catalogue's model (None: somebody's own server). `kept` holds what is known of earlier tool calls, by
    their id. `without` names fields that are not to be added, because the server refuses them.
    """

    raw: Mapping[str, msgspec.Raw]
    messages: msgspec.Raw
    model: str
    known: Model | None
    stream: bool
    kept: Mapping[str, Kept] = {}
    without: frozenset[str] = frozenset()


class Outgoing(msgspec.Struct, frozen=True, kw_only=True):
    """A provider's request body, OpenAI's names of the parameters that it could not carry as they were, and the names of
    those that the client did not send.
    """

    body: bytes
    dropped: tuple[str, ...] = ()
    added: tuple[str, ...] = ()


class Whole(msgspec.Struct, frozen=True, kw_only=True):
    """An answer as a `chat.completion` object, and what to keep of its tool calls, by their id."""

    body: bytes
    kept: dict[str, Kept] = {}


class Chunks(Protocol):
    """A provider's stream, read as OpenAI chunks.

    `kept` fills as tool calls come by. Both methods raise `Failure`: "malformed" for what cannot be read, "status" for an
    error event, "truncated" from `end` where the provider had not finished.
    """

    @property
    def kept(self) -> dict[str, Kept]:
        """What to keep of the tool calls so far."""
        ...

    @property
    def counted(self) -> dict[str, Any] | None:
        """OpenAI's usage object of what the provider has counted so far, where it counts before the end."""
        ...

    @property
    def idle(self) -> bool:
        """Whether the provider's events are OpenAI's chunks, and those fed so far were whole: the next byte begins one."""
        ...

    def feed(self, piece: bytes) -> list[bytes]:
        """The `chat.completion.chunk` objects that these bytes complete, encoded; `[DONE]` is the last of all."""
        ...

    def end(self) -> list[bytes]:
        """What is left once the connection has closed."""
        ...


class Dialect(Protocol):
    """One provider's wire format. `request_id` seeds ids that the provider leaves out; `created` is Unix seconds."""

    def request(self, asked: Asked) -> Outgoing:
        """The body to send. `BadRequest` names a field that this provider has no form for."""
        ...

    def answer(self, data: bytes, *, model: str, request_id: str, created: int) -> Whole:
        """A whole answer. `Failure` "malformed" for one that cannot be read."""
        ...

    def chunks(self, *, model: str, request_id: str, created: int) -> Chunks:
        """A reader for one stream."""
        ...

    def failure(self, status: int, headers: Mapping[str, str], content: bytes) -> Failure:
        """What an error answer means. Header names are lower-case."""
        ...
