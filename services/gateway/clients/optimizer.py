"""The optimizer service, over the bus. Of a conversation that it has read before only the end is sent."""

from collections.abc import Callable, Sequence
from typing import Final

import msgspec
import structlog

from libs.common.bus.ports import Bus
from libs.common.byte_lru import ByteLru
from libs.common.byte_shares import ByteShares
from libs.common.contracts.base import DECODE_ERRORS
from libs.common.contracts.optimizer import (
    OPTIMIZE,
    OPTIMIZE_TEXT,
    OptimizeReply,
    OptimizeRequest,
    TextReply,
    TextRequest,
)
from services.gateway.clients.service_client import ServiceClient
from services.gateway.domain.chat import Chat
from services.gateway.ports import DependencySkipped

log = structlog.get_logger()
# A shorter conversation is sent sooner than it is named.
_FROM_BYTES: Final = 32 << 10
# Several copies of the service take turns, so what one of them has missed of the last turns goes along.
_TURNS: Final = 4
_END_BYTES: Final = 64 << 10
_OTHERWISE: Final = 2
# A server of the bus drops a service that has 64 MiB to read, and all gateways together must not come near that.
_WHOLE_BYTES: Final = 16 << 20
_LONG_BYTES: Final = 256 << 10  # which takes a while to cross the bus, so that no answer may come in time
_WORTH_ASKING: Final = 4
_list = msgspec.json.Decoder(list[msgspec.Raw])


class _Message(msgspec.Struct):
    role: str


_message = msgspec.json.Decoder(_Message)


class BusOptimizer:
    """See `ports.Optimizer`. Remembers, in at most `memory_bytes`, which beginnings of conversations the service has read."""

    def __init__(
        self,
        bus: Bus,
        clock: Callable[[], float],
        budget_ms: float,
        memory_bytes: int = 4 << 20,
        from_bytes: int = _FROM_BYTES,
    ) -> None:
        self._clock = clock
        self._budget = budget_ms
        self._from_bytes = from_bytes
        # By the digest of all that was read at a turn: how many messages those of the last turns had, the oldest first.
        self._read = ByteLru[tuple[str, str, bytes], tuple[int, ...]](memory_bytes)
        self._under_way = ByteShares(_WHOLE_BYTES)
        self.hop = ServiceClient(bus, "optimizer", clock)
        # Long texts that come late must not cost chats their optimizer.
        self._long = ServiceClient(bus, "optimizer", clock)
        self._texts = ServiceClient(bus, "optimizer", clock)

    async def optimize(self, request: OptimizeRequest, chat: Chat) -> OptimizeReply:
        request = msgspec.structs.replace(request, refer=True)
        turns = self._turns(request, chat)
        began = self._clock()
        made = await self._ask(_end(request, chat, turns), self._budget)
        if made.missing and turns:
            # A copy that has not read it, or has forgotten.
            left = self._budget - 1000 * (self._clock() - began)
            if left < self._budget / _WORTH_ASKING:
                raise DependencySkipped("optimizer")
            made = await self._ask(request, left)
        if made.missing:
            raise _unusable("missing")
        self._note(request, chat, turns)
        return _put_together(made, chat.written)

    async def _ask(self, request: OptimizeRequest, budget_ms: float) -> OptimizeReply:
        with self._under_way.taken(request.org_id, len(request.messages)) as has_room:
            if not has_room:
                raise DependencySkipped("optimizer")
            hop = self.hop if len(request.messages) <= _LONG_BYTES else self._long
            return await hop.call(OPTIMIZE, request, budget_ms)

    async def optimize_text(self, request: TextRequest) -> TextReply:
        return await self._texts.call(OPTIMIZE_TEXT, request, OPTIMIZE_TEXT.budget_ms)

    def _turns(self, request: OptimizeRequest, chat: Chat) -> tuple[int, ...]:
        """How many messages this conversation had at its last turns; nothing where it is short or new."""
        if len(request.messages) < self._from_bytes:
            return ()
        for digest in reversed(chat.beginnings):
            if (turns := self._read.get((request.org_id, request.model, digest))) is not None:
                return turns
        return ()

    def _note(self, request: OptimizeRequest, chat: Chat, turns: tuple[int, ...]) -> None:
        """With one and two messages fewer, too: many clients send the last ones otherwise, or not at all, a turn later."""
        if len(request.messages) < self._from_bytes:
            return
        last = len(chat.beginnings)
        for count in range(max(1, last - _OTHERWISE), last + 1):
            known = (*(turn for turn in turns if turn < count), count)[-_TURNS:]
            self._read.put((request.org_id, request.model, chat.beginnings[count - 1]), known, 0, request.org_id)


def _end(request: OptimizeRequest, chat: Chat, turns: Sequence[int]) -> OptimizeRequest:
    """The request without the messages of the earliest of these turns whose successors are not too long to send again."""
    if not turns:
        return request
    raws, known = chat.written, turns[-1]
    size = sum(map(len, raws[known:]))
    for turn in reversed(turns[:-1]):
        size += sum(map(len, raws[turn:known]))
        if size > _END_BYTES:
            break
        known = turn
    end = msgspec.Raw(b"[" + b",".join(map(bytes, raws[known:])) + b"]")
    return msgspec.structs.replace(
        request,
        messages=end,
        known=known,
        known_bytes=max(0, len(request.messages) - len(end)),
        beginning=chat.beginnings[known - 1].hex(),
    )


def _put_together(made: OptimizeReply, written: Sequence[msgspec.Raw]) -> OptimizeReply:
    """The reply with the messages that it only names; anything but messages would reach the provider."""
    if not made.changed:
        return made
    try:
        parts = [bytes(part) for part in _list.decode(made.messages)]
        whole = [_named(part, written) if part[:1].isdigit() else _checked(part) for part in parts]
    except (IndexError, ValueError, *DECODE_ERRORS):
        raise _unusable("messages") from None
    if not whole:
        raise _unusable("messages")
    return msgspec.structs.replace(made, messages=msgspec.Raw(b"[" + b",".join(whole) + b"]"))


def _named(part: bytes, written: Sequence[msgspec.Raw]) -> bytes:
    return bytes(written[int(part)])


def _checked(part: bytes) -> bytes:
    _message.decode(part)
    return part


def _unusable(what: str) -> DependencySkipped:
    log.warning("reply_unusable", subject=OPTIMIZE.subject, error_type=what)
    return DependencySkipped("optimizer")
