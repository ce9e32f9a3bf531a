"""Auth's unit of work in memory, for tests; it passes the same suite as the one on Postgres."""

import copy
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

import msgspec

from libs.common.contracts.auth import OptimizationSettings, Principal, ProviderKey
from services.auth.domain.accounts import Credentials, Org, Role, TokenStatus, User
from services.auth.domain.identities import Identity, IdentitySource
from services.auth.issuers.domain.issuers import TrustedIssuer
from services.auth.keys.domain.keys import PLAYGROUND, PLAYGROUND_LIFE, ApiKey, StoredProviderKey
from services.auth.ports import Tx
from services.auth.routing.domain.rules import StoredRule
from services.auth.routing.ports import Aliases, Tiers
from tests.fakes.auth.access import (
    MemoryAuditLog,
    MemoryControlKeys,
    MemoryErasures,
    MemoryInvites,
    MemoryOneTimeTokens,
)
from tests.fakes.auth.budgets import MemoryBudgets, MemoryTeams
from tests.fakes.auth.ledger import MemoryIdempotencyRecords, MemoryLedger
from tests.fakes.auth.reports import MemoryReportRecipients
from tests.fakes.auth.rows import Rows


class MemoryUnitOfWork:
    """Implements `ports.UnitOfWork`: a block that raises leaves no trace. One block at a time."""

    def __init__(self) -> None:
        self._rows = Rows()

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[Tx]:
        rows = copy.deepcopy(self._rows)
        yield MemoryTx(
            accounts=MemoryAccounts(rows),
            api_keys=MemoryApiKeys(rows),
            control_keys=MemoryControlKeys(rows),
            provider_keys=MemoryProviderKeys(rows),
            issuers=MemoryIssuers(rows),
            configuration=MemoryConfiguration(rows),
            invites=MemoryInvites(rows),
            one_time_tokens=MemoryOneTimeTokens(rows),
            erasures=MemoryErasures(rows),
            ledger=MemoryLedger(rows),
            idempotency=MemoryIdempotencyRecords(rows),
            audit=MemoryAuditLog(rows),
            teams=MemoryTeams(rows),
            budgets=MemoryBudgets(rows),
            report_recipients=MemoryReportRecipients(rows),
        )
        self._rows = rows


@dataclass(frozen=True)
class MemoryTx:
    """The stores of one block."""

    accounts: "MemoryAccounts"
    api_keys: "MemoryApiKeys"
    control_keys: MemoryControlKeys
    provider_keys: "MemoryProviderKeys"
    issuers: "MemoryIssuers"
    configuration: "MemoryConfiguration"
    invites: MemoryInvites
    one_time_tokens: MemoryOneTimeTokens
    erasures: MemoryErasures
    ledger: MemoryLedger
    idempotency: MemoryIdempotencyRecords
    audit: MemoryAuditLog
    teams: MemoryTeams
    budgets: MemoryBudgets
    report_recipients: MemoryReportRecipients


class MemoryAccounts:
    """Implements `ports.Accounts`."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    async def lock_first_org(self) -> bool:
        return not self._rows.orgs

    async def only_org(self) -> Org | None:
        return next(iter(self._rows.orgs.values())) if len(self._rows.orgs) == 1 else None

    async def any_org(self) -> bool:
        return bool(self._rows.orgs)

    async def add(self, org: Org, user: User, password_hash: str | None) -> bool:
        if await self.credentials(user.email) is not None:
            return False
        self._rows.orgs[org.id] = org
        self._rows.users[org.id, user.id] = Credentials(user=user, password_hash=password_hash)
        return True

    async def add_member(self, user: User, password_hash: str | None) -> bool:
        return await self.add(self._rows.orgs[user.org_id], user, password_hash)

    async def lock(self, org_id: str) -> None:
        return None

    async def credentials(self, email: str) -> Credentials | None:
        return next((known for known in self._rows.users.values() if known.user.email == email), None)

    async def renew_hash(self, user: User, old_hash: str, new_hash: str) -> None:
        known = self._rows.users[user.org_id, user.id]
        if known.password_hash == old_hash:
            self._rows.users[user.org_id, user.id] = msgspec.structs.replace(known, password_hash=new_hash)

    async def set_password(self, org_id: str, user_id: str, password_hash: str) -> User:
        known = self._rows.users[org_id, user_id]
        user = msgspec.structs.replace(known.user, version=known.user.version + 1)
        self._rows.users[org_id, user_id] = Credentials(user=user, password_hash=password_hash)
        return user

    async def verify(self, org_id: str, user_id: str) -> None:
        known = self._rows.users[org_id, user_id]
        user = msgspec.structs.replace(known.user, verified=True)
        self._rows.users[org_id, user_id] = msgspec.structs.replace(known, user=user)

    async def remove_identities(self, user: User) -> None:
        self._rows.identities = {k: v for k, v in self._rows.identities.items() if v != (user.org_id, user.id)}

    async def set_role(self, org_id: str, user_id: str, role: Role) -> User:
        known = self._rows.users[org_id, user_id]
        user = msgspec.structs.replace(known.user, role=role, version=known.user.version + 1)
        self._rows.users[org_id, user_id] = msgspec.structs.replace(known, user=user)
        return user

    async def suspend(self, org_id: str, user_id: str, at: datetime | None) -> User:
        known = self._rows.users[org_id, user_id]
        user = msgspec.structs.replace(known.user, suspended=at is not None, version=known.user.version + 1)
        self._rows.users[org_id, user_id] = msgspec.structs.replace(known, user=user)
        return user

    async def remove(self, org_id: str, user_id: str) -> None:
        for at in [at for at in self._rows.report_recipients if at[:2] == (org_id, user_id)]:
            del self._rows.report_recipients[at]
        self._rows.users.pop((org_id, user_id), None)
        self._rows.team_members = {one for one in self._rows.team_members if one[::2] != (org_id, user_id)}
        self._rows.identities = {k: v for k, v in self._rows.identities.items() if v != (org_id, user_id)}

    async def by_identity(self, identity: Identity) -> User | None:
        found = self._rows.identities.get((identity.source, identity.subject))
        return None if found is None else self._rows.users[found].user

    async def known_as_another(self, user: User, identity: Identity) -> bool:
        return any(
            owner == (user.org_id, user.id)
            and source == identity.source
            and subject != identity.subject
            and subject.startswith(identity.issuer)
            for (source, subject), owner in self._rows.identities.items()
        )

    async def link_identity(self, user: User, identity: Identity, at: datetime) -> None:
        known, mine = (identity.source, identity.subject), (user.org_id, user.id)
        if self._rows.identities.setdefault(known, mine) == mine:
            self._rows.confirmed[known] = at

    async def confirmed_at(self, org_id: str, user_id: str) -> datetime | None:
        return self._rows.confirmed_at((org_id, user_id))

    async def identities(self, user: User) -> Sequence[IdentitySource]:
        mine = (user.org_id, user.id)
        return sorted({source for (source, _), owner in self._rows.identities.items() if owner == mine})

    async def org(self, org_id: str) -> Org | None:
        return self._rows.orgs.get(org_id)

    async def rename(self, org_id: str, name: str) -> None:
        self._rows.orgs[org_id] = msgspec.structs.replace(self._rows.orgs[org_id], name=name)

    async def user(self, org_id: str, user_id: str) -> User | None:
        known = self._rows.users.get((org_id, user_id))
        return None if known is None else known.user

    async def members(self, org_id: str) -> Sequence[User]:
        return [known.user for (owner, _), known in sorted(self._rows.users.items()) if owner == org_id]

    async def token_status(self, org_id: str, user_id: str, token_id: str) -> TokenStatus | None:
        user = await self.user(org_id, user_id)
        if user is None or user.suspended:
            return None
        revoked = (org_id, token_id) in self._rows.revoked_tokens
        confirmed_at = self._rows.confirmed_at((org_id, user_id))
        return TokenStatus(role=user.role, version=user.version, token_revoked=revoked, confirmed_at=confirmed_at)

    async def revoke_token(self, org_id: str, token_id: str, expires_at: datetime) -> None:
        self._rows.revoked_tokens.add((org_id, token_id))


class MemoryApiKeys:
    """Implements `ports.ApiKeys`."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    async def add(self, key: ApiKey) -> None:
        self._rows.api_keys[key.org_id, key.id] = key

    async def all(self, org_id: str) -> Sequence[ApiKey]:
        return [key for (owner, _), key in sorted(self._rows.api_keys.items()) if owner == org_id]

    async def of_playground(self, org_id: str, limit: int) -> Sequence[str]:
        every = [key for key in (*self._rows.api_keys.values(), *self._rows.revoked_keys) if key.org_id == org_id]
        found = [
            key
            for key in every
            if key.name == PLAYGROUND
            and key.expires_at is not None
            and key.expires_at < key.created_at + PLAYGROUND_LIFE
        ]
        return [key.id for key in sorted(found, key=lambda key: key.created_at, reverse=True)][:limit]

    async def one(self, org_id: str, key_id: str) -> ApiKey | None:
        return self._rows.api_keys.get((org_id, key_id))

    async def replace(self, old: ApiKey, new: ApiKey) -> None:
        self._rows.api_keys[old.org_id, old.id] = new

    async def change(self, key: ApiKey) -> None:
        self._rows.api_keys[key.org_id, key.id] = key

    async def revoke(self, key: ApiKey, at: datetime) -> None:
        self._rows.revoked_keys.append(self._rows.api_keys.pop((key.org_id, key.id)))

    async def note_use(self, org_id: str, key_id: str, at: datetime) -> None:
        if (key := self._rows.api_keys.get((org_id, key_id))) is not None:
            latest = max(at, key.last_used_at or at)
            self._rows.api_keys[org_id, key_id] = msgspec.structs.replace(key, last_used_at=latest)

    async def principal(self, digest: str, confirmed_from: datetime | None = None) -> Principal | None:
        found = next((key for key in self._rows.api_keys.values() if key.digest == digest), None)
        return await self._principal(found, confirmed_from)

    async def principal_of(self, org_id: str, key_id: str, confirmed_from: datetime | None = None) -> Principal | None:
        return await self._principal(self._rows.api_keys.get((org_id, key_id)), confirmed_from)

    async def _principal(self, key: ApiKey | None, confirmed_from: datetime | None) -> Principal | None:
        knows = None if key is None else self._rows.users.get((key.org_id, key.holder))
        if key is None or (knows is not None and (knows.user.role == "viewer" or knows.user.suspended)):
            return None
        if knows is not None and self._rows.is_overdue(knows.user, confirmed_from):
            return None
        configuration, provider_keys = MemoryConfiguration(self._rows), MemoryProviderKeys(self._rows)
        return Principal(
            org_id=key.org_id,
            key_id=key.id,
            user_id=key.created_by,
            scopes=key.scopes,
            rpm=key.rpm,
            expires_at_ms=None if key.expires_at is None else int(key.expires_at.timestamp() * 1000),
            monthly_budget_nano=key.monthly_budget_nano,
            team_id=key.team_id,
            budgets=tuple(
                stored.budget
                for stored in await MemoryBudgets(self._rows).all(key.org_id)
                if stored.budget.value in (None, key.id, key.team_id) or stored.budget.subject in ("user", "tag")
            ),
            settings=await configuration.settings(key.org_id),
            tiers=await configuration.tiers(key.org_id),
            aliases=await configuration.aliases(key.org_id),
            rules=tuple(stored.rule for stored in await configuration.rules(key.org_id)),
            provider_keys=tuple(
                ProviderKey(id=k.id, provider=k.provider, sealed=k.sealed, base_url=k.base_url, models=k.models)
                for k in await provider_keys.all(key.org_id)
            ),
        )


class MemoryProviderKeys:
    """Implements `ports.ProviderKeys`."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    async def all(self, org_id: str) -> Sequence[StoredProviderKey]:
        return [key for (owner, _), key in sorted(self._rows.provider_keys.items()) if owner == org_id]

    async def one(self, org_id: str, key_id: str) -> StoredProviderKey | None:
        return self._rows.provider_keys.get((org_id, key_id))

    async def put(self, key: StoredProviderKey) -> None:
        self._rows.provider_keys[key.org_id, key.id] = key

    async def delete(self, org_id: str, key_id: str) -> bool:
        return self._rows.provider_keys.pop((org_id, key_id), None) is not None

    async def sealed_otherwise(self, prefix: str, after: tuple[str, str], limit: int) -> Sequence[StoredProviderKey]:
        found = (key for at, key in sorted(self._rows.provider_keys.items()) if at > after)
        return [key for key in found if not key.sealed.startswith(prefix)][:limit]


class MemoryIssuers:
    """Implements `ports.TrustedIssuers`."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    async def add(self, issuer: TrustedIssuer) -> bool:
        taken = any(
            (one.issuer, one.audience) == (issuer.issuer, issuer.audience) for one in self._rows.issuers.values()
        )
        if not taken:
            self._rows.issuers[issuer.org_id, issuer.id] = issuer
        return not taken

    async def all(self, org_id: str) -> Sequence[TrustedIssuer]:
        return [one for (owner, _), one in sorted(self._rows.issuers.items()) if owner == org_id]

    async def delete(self, org_id: str, issuer_id: str) -> TrustedIssuer | None:
        return self._rows.issuers.pop((org_id, issuer_id), None)

    async def find(self, issuer: str, audiences: Sequence[str]) -> Sequence[TrustedIssuer]:
        return [one for one in self._rows.issuers.values() if one.issuer == issuer and one.audience in audiences]


class MemoryConfiguration:
    """Implements `ports.Configuration`."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    async def lock(self, org_id: str) -> None:
        return None

    async def settings(self, org_id: str) -> OptimizationSettings:
        return self._rows.settings[org_id]

    async def put_settings(self, org_id: str, settings: OptimizationSettings) -> None:
        self._rows.settings[org_id] = settings

    async def held_out(self) -> Sequence[str]:
        return sorted(
            org_id
            for org_id, settings in self._rows.settings.items()
            if settings.holdout_share or settings.lever_shares
        )

    async def aliases(self, org_id: str) -> Aliases:
        return self._rows.aliases.get(org_id, {})

    async def put_aliases(self, org_id: str, aliases: Aliases) -> None:
        self._rows.aliases[org_id] = aliases

    async def tiers(self, org_id: str) -> Tiers:
        return self._rows.tiers.get(org_id, {})

    async def put_tiers(self, org_id: str, tiers: Tiers) -> None:
        self._rows.tiers[org_id] = tiers

    async def rules(self, org_id: str) -> Sequence[StoredRule]:
        mine = [stored for (owner, _), stored in self._rows.rules.items() if owner == org_id]
        return sorted(mine, key=lambda stored: (-stored.rule.priority, stored.created_at, stored.rule.id))

    async def put_rule(self, org_id: str, rule: StoredRule) -> None:
        self._rows.rules[org_id, rule.rule.id] = rule

    async def delete_rule(self, org_id: str, rule_id: str) -> bool:
        return self._rows.rules.pop((org_id, rule_id), None) is not None
