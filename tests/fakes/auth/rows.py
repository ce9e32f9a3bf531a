"""What the stores in memory hold."""

from dataclasses import dataclass, field
from datetime import datetime

from libs.common.contracts.auth import OptimizationSettings
from services.auth.billing.domain.ledger import Account, Entry, Lease
from services.auth.billing.ports import IdempotencyRecord
from services.auth.budgets.domain.budgets import StoredBudget
from services.auth.domain.accounts import Credentials, Org, User
from services.auth.domain.audit import AuditEntry
from services.auth.domain.identities import IdentitySource
from services.auth.domain.one_time_tokens import OneTimeToken
from services.auth.issuers.domain.issuers import TrustedIssuer
from services.auth.keys.domain.keys import ApiKey, ControlKey, StoredProviderKey
from services.auth.reports.domain.schedule import ReportPeriod
from services.auth.routing.domain.rules import StoredRule
from services.auth.routing.ports import Aliases, Tiers
from services.auth.team.domain.members import Invite
from services.auth.teams.domain.teams import Team

Id = tuple[str, str]


@dataclass
class Rows:
    """Everything, by the keys that Postgres's tables have; an `Id` is an organization and a thing of its."""

    orgs: dict[str, Org] = field(default_factory=dict)
    users: dict[Id, Credentials] = field(default_factory=dict)
    revoked_tokens: set[Id] = field(default_factory=set)
    identities: dict[tuple[IdentitySource, str], Id] = field(default_factory=dict)
    confirmed: dict[tuple[IdentitySource, str], datetime] = field(default_factory=dict)
    invites: dict[Id, Invite] = field(default_factory=dict)
    one_time_tokens: dict[str, OneTimeToken] = field(default_factory=dict)
    api_keys: dict[Id, ApiKey] = field(default_factory=dict)
    revoked_keys: list[ApiKey] = field(default_factory=list)
    control_keys: dict[Id, ControlKey] = field(default_factory=dict)
    provider_keys: dict[Id, StoredProviderKey] = field(default_factory=dict)
    issuers: dict[Id, TrustedIssuer] = field(default_factory=dict)
    settings: dict[str, OptimizationSettings] = field(default_factory=dict)
    tiers: dict[str, Tiers] = field(default_factory=dict)
    aliases: dict[str, Aliases] = field(default_factory=dict)
    rules: dict[Id, StoredRule] = field(default_factory=dict)
    credit_accounts: dict[str, Account] = field(default_factory=dict)
    credit_entries: dict[Id, Entry] = field(default_factory=dict)
    credit_leases: dict[Id, Lease] = field(default_factory=dict)
    idempotency: dict[Id, IdempotencyRecord] = field(default_factory=dict)
    audit: dict[Id, AuditEntry] = field(default_factory=dict)
    teams: dict[Id, Team] = field(default_factory=dict)
    team_members: set[tuple[str, str, str]] = field(default_factory=set)
    budgets: dict[Id, StoredBudget] = field(default_factory=dict)
    report_recipients: dict[tuple[str, str, ReportPeriod], tuple[datetime, int]] = field(default_factory=dict)
    deleted_orgs: dict[str, datetime] = field(default_factory=dict)
    removed_members: dict[tuple[str, str], datetime] = field(default_factory=dict)

    def confirmed_at(self, who: Id) -> datetime | None:
        """When the OpenID Connect provider last confirmed a user."""
        mine = [at for known, at in self.confirmed.items() if known[0] == "oidc" and self.identities.get(known) == who]
        return max(mine, default=None)

    def is_overdue(self, user: User, since: datetime | None) -> bool:
        """Whether it did so, and not since then."""
        at = self.confirmed_at((user.org_id, user.id))
        return since is not None and at is not None and at < since
