"""Control-plane keys, invitations, one-time secrets and ends of organizations in memory."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from services.auth.domain.accounts import Role
from services.auth.domain.audit import AuditAction, AuditEntry
from services.auth.domain.one_time_tokens import Kind, OneTimeToken
from services.auth.keys.domain.keys import ControlKey
from services.auth.team.domain.members import Invite
from tests.fakes.auth.rows import Rows


class MemoryControlKeys:
    """Implements `ports.ControlKeys`."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    async def add(self, key: ControlKey) -> None:
        self._rows.control_keys[key.org_id, key.id] = key

    async def all(self, org_id: str) -> Sequence[ControlKey]:
        return [key for (owner, _), key in sorted(self._rows.control_keys.items()) if owner == org_id]

    async def delete(self, key: ControlKey) -> bool:
        return self._rows.control_keys.pop((key.org_id, key.id), None) is not None

    async def find(self, digest: str, confirmed_from: datetime | None = None) -> tuple[ControlKey, Role] | None:
        key = next((key for key in self._rows.control_keys.values() if key.digest == digest), None)
        maker = None if key is None else self._rows.users.get((key.org_id, key.created_by))
        if key is None or maker is None or maker.user.suspended or self._rows.is_overdue(maker.user, confirmed_from):
            return None
        return key, maker.user.role

    async def note_use(self, key: ControlKey, at: datetime) -> None:
        if (known := self._rows.control_keys.get((key.org_id, key.id))) is not None:
            self._rows.control_keys[key.org_id, key.id] = msgspec.structs.replace(
                known, last_used_at=max(at, known.last_used_at or at)
            )


class MemoryInvites:
    """Implements `ports.Invites`."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    async def add(self, invite: Invite) -> None:
        for known in await self.all(invite.org_id):
            if known.email == invite.email:
                await self.delete(known.org_id, known.id)
        self._rows.invites[invite.org_id, invite.id] = invite

    async def all(self, org_id: str) -> Sequence[Invite]:
        return [invite for (owner, _), invite in sorted(self._rows.invites.items()) if owner == org_id]

    async def delete(self, org_id: str, invite_id: str) -> Invite | None:
        return self._rows.invites.pop((org_id, invite_id), None)

    async def delete_by(self, org_id: str, user_id: str) -> None:
        for invite in await self.all(org_id):
            if invite.invited_by == user_id:
                await self.delete(org_id, invite.id)


class MemoryOneTimeTokens:
    """Implements `ports.Tickets`."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    async def put(self, one_time_token: OneTimeToken) -> bool:
        return self._rows.one_time_tokens.setdefault(one_time_token.digest, one_time_token) is one_time_token

    async def find(self, digest: str, kind: Kind) -> OneTimeToken | None:
        found = self._rows.one_time_tokens.get(digest)
        return found if found is not None and found.kind == kind else None

    async def take(self, digest: str, kind: Kind) -> OneTimeToken | None:
        return None if await self.find(digest, kind) is None else self._rows.one_time_tokens.pop(digest)

    async def drop(self, org_id: str, subject_id: str) -> None:
        kept = {k: t for k, t in self._rows.one_time_tokens.items() if (t.org_id, t.subject_id) != (org_id, subject_id)}
        self._rows.one_time_tokens = kept


class MemoryAuditLog:
    """Implements `ports.AuditLog`."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    async def add(self, org_id: str, entry: AuditEntry) -> None:
        self._rows.audit[org_id, entry.id] = entry

    async def newest(self, org_id: str, limit: int) -> Sequence[AuditEntry]:
        mine = [entry for (owner, _), entry in self._rows.audit.items() if owner == org_id]
        return sorted(mine, key=lambda entry: (entry.at, entry.id), reverse=True)[:limit]

    async def last(self, org_id: str, action: AuditAction) -> datetime | None:
        mine = [one.at for (owner, _), one in self._rows.audit.items() if owner == org_id and one.action == action]
        return max(mine, default=None)


class MemoryErasures:
    """Implements `ports.Erasures`."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    async def erase(self, org_id: str, at: datetime) -> None:
        rows = self._rows
        for by_org in (rows.orgs, rows.settings, rows.tiers, rows.aliases, rows.credit_accounts):
            by_org.pop(org_id, None)
        spending = (rows.credit_entries, rows.credit_leases, rows.idempotency)
        keys = (rows.api_keys, rows.control_keys, rows.provider_keys)
        for table in (rows.removed_members, *keys, rows.users, rows.invites, rows.rules, rows.audit, *spending):
            for key in [key for key in table if key[0] == org_id]:
                del table[key]
        rows.revoked_tokens = {key for key in rows.revoked_tokens if key[0] != org_id}
        rows.identities = {who: key for who, key in rows.identities.items() if key[0] != org_id}
        rows.one_time_tokens = {
            digest: one_time_token
            for digest, one_time_token in rows.one_time_tokens.items()
            if one_time_token.org_id != org_id
        }
        rows.deleted_orgs[org_id] = at

    async def unpublished(self) -> Sequence[tuple[str, datetime]]:
        return list(self._rows.deleted_orgs.items())

    async def mark_published(self, org_id: str) -> None:
        self._rows.deleted_orgs.pop(org_id, None)

    async def member_removed(self, org_id: str, user_id: str, at: datetime) -> None:
        self._rows.removed_members[org_id, user_id] = at

    async def unpublished_members(self) -> Sequence[tuple[str, str, datetime]]:
        return [(org_id, user_id, at) for (org_id, user_id), at in self._rows.removed_members.items()]

    async def mark_member_published(self, org_id: str, user_id: str) -> None:
        self._rows.removed_members.pop((org_id, user_id), None)
