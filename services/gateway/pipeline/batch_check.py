"""A look at a batch that no client asked for."""

from typing import Final

from libs.common.errors import PromptlyError
from services.gateway.domain.attempts import Failure
from services.gateway.domain.passthrough import find
from services.gateway.pipeline.object_owners import ObjectOwners
from services.gateway.ports import Forwarding, Owners
from services.gateway.providers.base import OutgoingRequest

_GONE: Final = (401, 403, 404)
_MAX_OBJECT: Final = 1 << 20


class BatchCheck:
    """Looks with the key that the batch was made with, which its owner's record holds sealed."""

    def __init__(self, owners: Owners, forwarding: Forwarding, objects: ObjectOwners) -> None:
        self._owners = owners
        self._forwarding = forwarding
        self._objects = objects

    async def check(self, org_id: str, batch_id: str) -> bool:
        """Whether it is over, or there is nothing to be learned of it any more; its cost is recorded then. `Unavailable` where
        its owner cannot be looked up.
        """
        found = find("GET", f"/v1/batches/{batch_id}")
        owner = await self._owners.find(batch_id)
        if found is None or owner is None or owner.org_id != org_id or owner.charged or owner.key is None:
            return True
        operation, ids = found
        request = OutgoingRequest(method="GET", url=operation.made(ids))
        try:
            answer = await self._forwarding.forward(owner.key, org_id, request, None)
            pieces, size = [], 0
            try:
                async for piece in answer.pieces:
                    pieces.append(piece)
                    size += len(piece)
                    if size > _MAX_OBJECT:
                        return False
            finally:
                await answer.pieces.aclose()
        except (Failure, PromptlyError):
            return False
        if answer.status != 200:
            return answer.status in _GONE
        await self._objects.note(operation, ids, owner, owner.key, b"".join(pieces))
        after = await self._owners.find(batch_id)
        return after is None or after.charged
