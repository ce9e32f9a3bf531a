"""Promptly keys: made, shown once, replaced, revoked, verified."""

import math
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from libs.common import keys
from libs.common.clock import Clock
from libs.common.contracts.auth import Principal, Scope
from libs.common.errors import BadRequest, Forbidden, NotFound, Unauthorized, Unavailable
from libs.common.ids import new_id
from services.auth.announced_transaction import AnnouncedTransactions
from services.auth.domain.accounts import Caller
from services.auth.domain.audit import AuditAction, AuditEntry
from services.auth.domain.confirmation import FOR_GOOD, Confirmation
from services.auth.domain.permissions import Action, require, require_own_key, require_scope
from services.auth.keys.domain.keys import MOST_MERGED, ApiKey, prefix_for
from services.auth.ports import Tx, UnitOfWork
from services.auth.teams.domain.teams import named


class NewKey(msgspec.Struct, frozen=True, kw_only=True):
    """What a key's maker chooses; `rpm` is requests per minute, the budget nano-dollars, `team` a team's id or name."""

    name: str
    scopes: tuple[Scope, ...] = ("chat", "optimize")
    rpm: int = 500
    expires_at: datetime | None = None
    monthly_budget_nano: int | None = None
    team: str | None = None


class KeyChange(msgspec.Struct, frozen=True, kw_only=True):
    """What to change of a key; an expiry, a budget or a team that is None goes."""

    name: str | UnsetType = UNSET
    scopes: tuple[Scope, ...] | UnsetType = UNSET
    rpm: int | UnsetType = UNSET
    expires_at: datetime | UnsetType | None = UNSET
    monthly_budget_nano: int | UnsetType | None = UNSET
    team: str | UnsetType | None = UNSET


class ApiKeys:
    """Promptly keys. Where a key comes back as text beside its entry, that is the only time that it is seen."""

    def __init__(
        self,
        uow: UnitOfWork,
        transactions: AnnouncedTransactions,
        clock: Clock,
        pepper: str,
        confirmation: Confirmation = FOR_GOOD,
    ) -> None:
        self._uow = uow
        self._transactions = transactions
        self._clock = clock
        self.pepper = pepper
        self._confirmation = confirmation
        self._used: dict[tuple[str, str], datetime] = {}

    def make(self, org_id: str, user_id: str, wanted: NewKey) -> tuple[str, ApiKey]:
        """A fresh key and its entry, not stored yet."""
        secret = keys.new_key(prefix_for(wanted.scopes))
        return secret, ApiKey(
            id=new_id("key"),
            org_id=org_id,
            name=wanted.name,
            digest=keys.digest(secret, self.pepper),
            prefix=keys.prefix(secret),
            last4=keys.last_four(secret),
            scopes=wanted.scopes,
            rpm=wanted.rpm,
            expires_at=wanted.expires_at,
            monthly_budget_nano=wanted.monthly_budget_nano,
            created_by=user_id,
            created_at=self._clock.now(),
        )

    async def all(self, caller: Caller) -> Sequence[ApiKey]:
        """The organization's keys, oldest first; a member sees those it made."""
        async with self._uow() as tx:
            found = await tx.api_keys.all(caller.org_id)
        return [key for key in found if caller.role != "member" or key.created_by == caller.user_id]

    async def of_playground(self, caller: Caller) -> Sequence[str]:
        """The ids of keys that visits of the dashboard's playground had, the newest five thousand; they count as one."""
        async with self._uow() as tx:
            return await tx.api_keys.of_playground(caller.org_id, MOST_MERGED)

    async def create(self, caller: Caller, wanted: NewKey) -> tuple[str, ApiKey]:
        """A new key."""
        if wanted.expires_at is not None and wanted.expires_at <= self._clock.now():
            raise BadRequest("The key would have expired already.", param="expires_at")
        secret, key = self.make(caller.org_id, caller.user_id, wanted)
        async with self._uow() as tx:
            if wanted.team is not None:
                key = await _in_team(tx, caller, key, wanted.team)
            await add_key(tx, key, caller.actor)
        return secret, key

    async def regenerate(self, caller: Caller, key_id: str | None) -> tuple[str, ApiKey]:
        """Another secret for the same entry, which makes the old one useless. Without an id: the organization's first key,
        for admins alone.
        """
        if key_id is None:
            key_id = await self._first(caller)
        async with self._transactions.begin(caller.org_id, key_id) as tx:
            old = await tx.api_keys.one(caller.org_id, key_id)
            if old is None:
                raise NotFound("There is no such key.")
            require_own_key(caller, old.created_by)
            secret = keys.new_key(prefix_for(old.scopes))
            new = msgspec.structs.replace(
                old,
                digest=keys.digest(secret, self.pepper),
                last4=keys.last_four(secret),
                known_to=caller.user_id,
            )
            await tx.api_keys.replace(old, new)
            shown = (_shown(old), _shown(new))
            await _record(tx, "key_regenerated", new, caller.actor, self._clock.now(), *shown)
        return secret, new

    async def change(self, caller: Caller, key_id: str, wanted: KeyChange) -> ApiKey:
        """Change a key; its secret stays. Gateways that know it look again."""
        fields = {name: value for name, value in msgspec.structs.asdict(wanted).items() if value is not UNSET}
        team = fields.pop("team", UNSET)
        if isinstance(wanted.expires_at, datetime) and wanted.expires_at <= self._clock.now():
            raise BadRequest("The key would have expired already; delete it to end it now.", param="expires_at")
        async with self._transactions.begin(caller.org_id, key_id) as tx:
            old = await tx.api_keys.one(caller.org_id, key_id)
            if old is None:
                raise NotFound("There is no such key.")
            require_own_key(caller, old.created_by)
            key = msgspec.structs.replace(old, **fields)
            if team is not UNSET:
                key = await _in_team(tx, caller, key, team)
            changed = [name for name in (*fields, "team_id") if getattr(old, name) != getattr(key, name)]
            if changed:
                await tx.api_keys.change(key)
                before, after = ({name: getattr(one, name) for name in changed} for one in (old, key))
                await _record(tx, "key_changed", key, caller.actor, self._clock.now(), before, after)
        return key

    async def revoke(self, caller: Caller, key_id: str) -> None:
        """Make a key useless for good."""
        async with self._transactions.begin(caller.org_id, key_id) as tx:
            key = await tx.api_keys.one(caller.org_id, key_id)
            if key is None:
                raise NotFound("There is no such key.")
            require_own_key(caller, key.created_by)
            await revoke_key(tx, key, caller.actor, self._clock.now())

    async def principal(self, digest: str) -> Principal:
        """The principal of the key with this digest; `Unauthorized` where it is unknown, revoked or expired."""
        async with self._uow() as tx:
            return self.usable(await tx.api_keys.principal(digest, self.confirmed_from()))

    def confirmed_from(self) -> datetime | None:
        """Since when the OpenID Connect provider has to have confirmed whoever knows a key; None: no matter when."""
        return self._confirmation.keys_from(self._clock.now())

    def usable(self, principal: Principal | None) -> Principal:
        """The same principal, whose key has been used now; `Unauthorized` where there is none, or its key has expired."""
        now = self._clock.now()
        if principal is None or (principal.expires_at_ms or math.inf) <= now.timestamp() * 1000:
            raise Unauthorized(
                "This API key is unknown, revoked or expired, or belongs to somebody who may only look on, or has not signed in"
                " for too long. Make a new one in the dashboard."
            )
        self._used[principal.org_id, principal.key_id] = now
        return principal

    async def note_use(self) -> None:
        """Write down when keys were used since the last time. Gateways ask about a key now and then, not on every
        request, so it is true to within the time for which they remember an answer.
        """
        used, self._used = self._used, {}
        if not used:
            return
        try:
            async with self._uow() as tx:
                for (org_id, key_id), at in sorted(used.items()):
                    await tx.api_keys.note_use(org_id, key_id, at)
        except Unavailable:
            self._used = used | self._used
            raise

    async def _first(self, caller: Caller) -> str:
        if caller.role != "admin":
            raise Forbidden("Only an admin may regenerate the organization's first key; name a key of your own.")
        async with self._uow() as tx:
            found = await tx.api_keys.all(caller.org_id)
        if not found:
            raise NotFound("Your organization has no key; make one first.")
        return found[0].id


async def add_key(tx: Tx, key: ApiKey, actor: str) -> None:
    """Keep a key that was just made, and who made it in the audit log."""
    await tx.api_keys.add(key)
    await _record(tx, "key_created", key, actor, key.created_at, {}, _shown(key))


async def revoke_key(tx: Tx, key: ApiKey, actor: str, at: datetime) -> None:
    """Make a key useless for good, with a line in the audit log."""
    await tx.api_keys.revoke(key, at)
    await _record(tx, "key_revoked", key, actor, at, _shown(key), {})


async def _record(
    tx: Tx, action: AuditAction, key: ApiKey, actor: str, at: datetime, before: dict[str, Any], after: dict[str, Any]
) -> None:
    entry = AuditEntry(
        id=new_id("aud"),
        at=at,
        actor=actor,
        action=action,
        before={"id": key.id} | before if before else {},
        after={"id": key.id} | after if after else {},
    )
    await tx.audit.add(key.org_id, entry)


def _shown(key: ApiKey) -> dict[str, Any]:
    """What the log may say of a key: how its secret ends, as lists of keys do."""
    return {"name": key.name, "scopes": list(key.scopes), "last_four": key.last4}


async def _in_team(tx: Tx, caller: Caller, key: ApiKey, wanted: str | None) -> ApiKey:
    """The key in this team, or in none. Budgets go by a key's team, so it is for admins to say; a member may put a key that is in no team
    into one of their own.
    """
    team = None if wanted is None else named(await tx.teams.all(caller.org_id), wanted, "team")
    members = {} if team is None or key.team_id is not None else await tx.teams.members(caller.org_id)
    if team is None or caller.user_id not in members.get(team.id, ()):
        require(caller.role, Action.MANAGE_SETTINGS)
        require_scope(caller, Action.MANAGE_SETTINGS)
    return msgspec.structs.replace(key, team_id=team and team.id, team=team and team.name)
