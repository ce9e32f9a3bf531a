"""What a request of the Responses API goes on with: responses that are stored here, or at the provider that made them."""

import asyncio

import msgspec
from msgspec import Raw

from libs.common.contracts.auth import Principal
from libs.common.contracts.base import DECODE_ERRORS
from libs.common.errors import BadRequest
from services.gateway.domain.stored_response import (
    MAX_CHAIN_BYTES,
    MAX_TURNS,
    Conversation,
    StoredResponse,
    place,
    response_of_item,
)
from services.gateway.endpoints.responses import stored
from services.gateway.formats.json_fields import Object, bare, given, string
from services.gateway.ports import ResponseStore

_MAX_REFERENCES = 64
_PREVIOUS = "previous_response_id"
_SHOWN = 100  # characters of an id that is not one of ours
_LARGE = 1 << 18


class _Reference(msgspec.Struct, frozen=True):
    type: str = ""
    id: str | None = None


_references = msgspec.json.Decoder(list[_Reference])


def not_found(identity: str) -> BadRequest:
    """The error for a response that is unknown, has expired, was deleted, or is somebody else's."""
    return BadRequest(
        f"Previous response with id '{identity[:_SHOWN]}' not found.",
        code="previous_response_not_found",
        param=_PREVIOUS,
    )


class Conversations:
    """Looks conversations up. Raises `BadRequest` for what is not there, `Unavailable` where that cannot be known."""

    def __init__(self, store: ResponseStore) -> None:
        self._store = store

    async def find(self, principal: Principal, top: Object, flags: frozenset[str]) -> Conversation:
        """The conversation that a request goes on with, and an id for its response."""
        org_id = principal.org_id
        found = Conversation(
            response_id=await self._store.new_id(org_id),
            keeps=self._store.keeps and principal.settings.store_responses,
        )
        previous = string(top, _PREVIOUS)
        if previous is not None and place(previous) is None:
            record = await self._store.record(org_id, previous)
            if record is None or not any(key.id == record.provider_key_id for key in principal.provider_keys):
                raise not_found(previous)
            found = msgspec.structs.replace(found, elsewhere=record, parent=previous)
        elif previous is not None:
            chain = await self.chain(org_id, previous)
            earlier = await self._items(chain)
            found = msgspec.structs.replace(found, earlier=earlier, parent=previous, root=chain[0].root)
        if "item_reference" in flags and given(top, "input") and not bare(top["input"]):
            found = msgspec.structs.replace(found, stored=await self._named(org_id, top["input"]))
        return found

    async def chain(self, org_id: str, identity: str) -> tuple[StoredResponse, ...]:
        """A response and all before it, the first one first."""
        found: list[StoredResponse] = []
        size, name = 0, identity
        while True:
            response = await self._store.load(org_id, name)
            if response is None:
                raise not_found(identity)
            found.append(response)
            size += sum(len(bytes(item)) for item in (*response.input, *response.output))
            if len(found) > MAX_TURNS or size > MAX_CHAIN_BYTES:
                raise BadRequest(
                    f"The conversation before `{_PREVIOUS}` is longer than {MAX_TURNS} responses or {MAX_CHAIN_BYTES >> 20} MiB: send"
                    " what matters of it as input.",
                    code="conversation_too_long",
                    param=_PREVIOUS,
                )
            if response.parent is None:
                return tuple(reversed(found))
            name = response.parent

    async def _items(self, chain: tuple[StoredResponse, ...]) -> tuple[Raw, ...]:
        """The items of a chain; others are served while a long one is put together."""
        size = sum(len(bytes(item)) for response in chain for item in (*response.input, *response.output))
        if size < _LARGE:
            return stored.gone_on_with(chain)
        return await asyncio.to_thread(stored.gone_on_with, chain)

    async def _named(self, org_id: str, sent: Raw) -> dict[str, Raw]:
        """The items of ours that a request names by their ids. Of others nothing is known here."""
        try:
            listed = _references.decode(sent)
        except (*DECODE_ERRORS, RecursionError):
            return {}  # whoever reads the items in full says what is wrong with them
        names = [item.id for item in listed if item.type in ("", "item_reference") and item.id is not None]
        owners = dict.fromkeys(owner for name in names if (owner := response_of_item(name)) is not None)
        if len(owners) > _MAX_REFERENCES:
            raise BadRequest(
                f"`input` names items of more than {_MAX_REFERENCES} stored responses: send them in full.",
                param="input",
            )
        loaded = await asyncio.gather(*(self._store.load(org_id, owner) for owner in owners))
        return stored.by_id(response for response in loaded if response is not None)
