"""Whose files, uploads and batches are: what is made through us belongs to the organization that had it made, and to nobody else.

Several organizations may hold the same provider key, under which the provider tells nobody apart.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from libs.common.contracts.auth import Principal, ProviderKey
from libs.common.errors import Forbidden, NotFound
from services.gateway.domain.passthrough import Operation, Owner
from services.gateway.pipeline.batch_charge import BatchCharges
from services.gateway.ports import Forwarding, Owners

_MAX_NAMED = 128


class ObjectOwners:
    """Checks calls, and reads answers."""

    def __init__(self, owners: Owners, forwarding: Forwarding, charges: BatchCharges) -> None:
        self._owners = owners
        self._forwarding = forwarding
        self._charges = charges

    async def check(
        self, operation: Operation, ids: Sequence[str], principal: Principal, key: ProviderKey
    ) -> tuple[Owner | None, ProviderKey]:
        """The owner of the object in the path, and the key that it lies under; `NotFound` for an object of anybody else's."""
        if ids:
            return await self._owned(principal, ids[0])
        if operation.binding in ("lists", "creates"):
            shared = await self._shared(key, principal.org_id)
            if shared and operation.binding == "lists":
                raise Forbidden(
                    "Another organization uses the same provider key, so a list would show what is not yours. Use the ids that "
                    "you got."
                )
        return None, key

    async def check_named(self, ids: Sequence[str], principal: Principal, key: ProviderKey) -> ProviderKey:
        """The key that the objects in a body lie under; `NotFound` as for `check`. Under a key of one's own an object may also
        have been made without us.
        """
        shared = bool(ids) and await self._shared(key, principal.org_id)
        for one in dict.fromkeys(ids):
            owner = await self._owners.find(one)
            if owner is not None:
                _, key = await self._owned(principal, one)
            elif shared:
                raise NotFound(f"No such File object: {one[:_MAX_NAMED]}")
        return key

    async def note(
        self, operation: Operation, ids: Sequence[str], owner: Owner, key: ProviderKey, answer: bytes
    ) -> None:
        """What an answer means for who owns what, and for what a batch costs."""
        try:
            found = msgspec.json.decode(answer)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return
        if not isinstance(found, dict):
            return
        if operation.binding == "deletes":
            if found.get("deleted") is True:
                await self._owners.release(ids[0])
            return
        for one in _made(found, creates=operation.binding == "creates"):
            if await self._owners.find(one) is None:
                await self._owners.bind(one, msgspec.structs.replace(owner, charged=False))
        if found.get("object") == "batch" and ids:
            await self._charges.charge(ids[0], found, owner, key.provider)

    async def _owned(self, principal: Principal, object_id: str) -> tuple[Owner, ProviderKey]:
        named = object_id[:_MAX_NAMED]
        owner = await self._owners.find(object_id)
        if owner is None or owner.org_id != principal.org_id:
            raise NotFound(f"No such object: {named}", param="id")
        for key in principal.provider_keys:
            if key.id == owner.provider_key:
                return owner, key
        raise NotFound(f"No such object: {named}. The provider key that it was made with is gone.", param="id")

    async def _shared(self, key: ProviderKey, org_id: str) -> bool:
        return await self._owners.shared(self._forwarding.fingerprint(key, org_id), org_id)


def _made(answer: dict[str, Any], *, creates: bool) -> list[str]:
    """The ids of what an answer says was made: the object itself, an upload's file, a batch's results."""
    file = answer.get("file")
    named = [
        answer.get("output_file_id"),
        answer.get("error_file_id"),
        file.get("id") if isinstance(file, dict) else None,
    ]
    if creates:
        named.append(answer.get("id"))
    return [one for one in named if isinstance(one, str)]
