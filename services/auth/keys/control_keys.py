"""Keys for the control plane: what Terraform, CI and `promptly apply` send instead of a user's token."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from libs.common import keys
from libs.common.clock import Clock
from libs.common.errors import BadRequest, NotFound, Unauthorized
from libs.common.ids import new_id
from services.auth.audited import record
from services.auth.domain.accounts import Caller, ControlScope
from services.auth.domain.confirmation import FOR_GOOD, Confirmation
from services.auth.keys.domain.keys import ControlKey
from services.auth.ports import UnitOfWork

MOST_KEYS: Final = 100
_LONGEST_PATH: Final = 200
_NOTED_EVERY: Final = timedelta(minutes=1)
_REFUSED: Final = (
    "This control-plane key is unknown, revoked or expired, or whoever made it has left the organization. Make a new one with"
    " POST /api/keys/control."
)


class NewControlKey(msgspec.Struct, frozen=True, kw_only=True):
    """What a key's maker chooses."""

    name: str
    scopes: tuple[ControlScope, ...]
    expires_at: datetime | None = None


class ControlKeys:
    """A key comes back as text when it is made, and never again. It may what its scopes and its maker's role both allow; every
    change that it makes is in the audit log. Each request looks it up, so that a revoked key ends at once.
    """

    def __init__(self, uow: UnitOfWork, clock: Clock, pepper: str, confirmation: Confirmation = FOR_GOOD) -> None:
        self._confirmation = confirmation
        self._uow = uow
        self._clock = clock
        self._pepper = pepper

    async def all(self, caller: Caller) -> Sequence[ControlKey]:
        """The organization's keys, oldest first."""
        async with self._uow() as tx:
            return await tx.control_keys.all(caller.org_id)

    async def create(self, caller: Caller, wanted: NewControlKey) -> tuple[str, ControlKey]:
        """A new key; an organization may have a hundred."""
        now = self._clock.now()
        if wanted.expires_at is not None and wanted.expires_at <= now:
            raise BadRequest("The key would have expired already.", param="expires_at")
        secret = keys.new_key(keys.CONTROL_PREFIX)
        key = ControlKey(
            id=new_id("ckey"),
            org_id=caller.org_id,
            name=wanted.name,
            digest=keys.digest(secret, self._pepper),
            last4=keys.last_four(secret),
            scopes=wanted.scopes,
            expires_at=wanted.expires_at,
            created_by=caller.user_id,
            created_at=now,
        )
        async with self._uow() as tx:
            await tx.configuration.lock(caller.org_id)  # no two at once, or there might be more than the bound
            if len(await tx.control_keys.all(caller.org_id)) >= MOST_KEYS:
                raise BadRequest(f"An organization may have {MOST_KEYS} control-plane keys; revoke one first.")
            await tx.control_keys.add(key)
            await record(tx, caller, "control_key_created", now, after=_shown(key))
        return secret, key

    async def revoke(self, caller: Caller, key_id: str) -> None:
        """Make a key useless for good."""
        async with self._uow() as tx:
            key = next((one for one in await tx.control_keys.all(caller.org_id) if one.id == key_id), None)
            if key is None or not await tx.control_keys.delete(key):
                raise NotFound("There is no such control-plane key.")
            await record(tx, caller, "control_key_revoked", self._clock.now(), before=_shown(key))

    async def caller(self, secret: str) -> Caller:
        """Who a key speaks for; `Unauthorized` where it is unknown, revoked or expired."""
        if not keys.well_formed(secret, (keys.CONTROL_PREFIX,)):
            raise Unauthorized(_REFUSED, code="invalid_token")
        now = self._clock.now()
        async with self._uow() as tx:
            confirmed_from = self._confirmation.keys_from(now)
            found = await tx.control_keys.find(keys.digest(secret, self._pepper), confirmed_from)
            if found is None or (found[0].expires_at is not None and found[0].expires_at <= now):
                raise Unauthorized(_REFUSED, code="invalid_token")
            key, role = found
            if key.last_used_at is None or key.last_used_at + _NOTED_EVERY <= now:
                await tx.control_keys.note_use(key, now)
        return Caller(org_id=key.org_id, user_id=key.created_by, role=role, control_key_id=key.id, scopes=key.scopes)

    async def record_use(self, caller: Caller, method: str, path: str) -> None:
        """Write into the audit log that a key is about to change something; where that fails, nothing is changed."""
        path = "".join(sign for sign in path[:_LONGEST_PATH] if sign.isprintable())
        async with self._uow() as tx:
            await record(tx, caller, "control_key_used", self._clock.now(), after={"method": method, "path": path})


def _shown(key: ControlKey) -> dict[str, Any]:
    return {"id": key.id, "name": key.name, "scopes": list(key.scopes)}
