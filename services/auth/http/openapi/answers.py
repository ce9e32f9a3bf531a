"""The shapes of answers, for the document alone: no route makes them, and tests hold the routes' real answers to them."""

from datetime import datetime
from typing import Literal

import msgspec

from libs.common.contracts.auth import Scope, Tier
from libs.common.contracts.router import Reason
from services.auth.domain.accounts import AccountType, Role
from services.auth.domain.identities import IdentitySource
from services.auth.domain.keys import Provider
from services.auth.domain.rules import Action, ConditionType
from services.auth.http.configuration import ConditionValue
from services.auth.settings import Registration


class Answer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Nothing stands in an answer that is not named here."""


class User(Answer, frozen=True, kw_only=True):
    """A person in one organisation."""

    id: str
    email: str
    role: Role
    created_at: datetime


class Org(Answer, frozen=True, kw_only=True):
    """An organisation."""

    id: str
    name: str
    account_type: AccountType
    created_at: datetime


class Me(Answer, frozen=True, kw_only=True):
    """Who the token belongs to."""

    user: User
    org: Org


class SignedIn(Me, frozen=True, kw_only=True):
    """A token, which lasts twelve hours, and whose it is."""

    token: str


class Registered(SignedIn, frozen=True, kw_only=True):
    """A new organisation; its first API key is shown only here."""

    api_key: str


class Told(Answer, frozen=True, kw_only=True):
    """A sentence."""

    detail: str


class EntryOptions(Answer, frozen=True, kw_only=True):
    """How one gets in here: `registration` is `first` until there is an organisation, and `invite` where it is closed."""

    registration: Registration
    bootstrap_token: bool
    oauth: list[IdentitySource]
    mail: bool


class SignIns(Answer, frozen=True, kw_only=True):
    """How the caller gets in."""

    password: bool
    oauth: list[IdentitySource]


class Leaving(Answer, frozen=True, kw_only=True):
    """Where to lead the browser."""

    url: str


class Members(Answer, frozen=True, kw_only=True):
    """An organisation's users."""

    members: list[User]


class Invite(Answer, frozen=True, kw_only=True):
    """An open invitation."""

    id: str
    email: str
    role: Role
    invited_by: str
    created_at: datetime
    expires_at: datetime


class NewInvite(Invite, frozen=True, kw_only=True):
    """An invitation and the link that accepts it; `mailed` says whether a mail is on its way."""

    link: str
    mailed: bool


class Invites(Answer, frozen=True, kw_only=True):
    """Open invitations."""

    invites: list[Invite]


class ServiceState(Answer, frozen=True, kw_only=True):
    """One service; `event_lag` counts requests that its figures do not show yet."""

    status: Literal["up", "degraded", "down"]
    version: str | None
    degraded: list[str]
    missing: list[str]
    reason: str | None = None
    event_lag: int | None = None


class SystemState(Answer, frozen=True, kw_only=True):
    """How Promptly is."""

    status: Literal["up", "degraded"]
    version: str
    bus: Literal["up", "down"]
    services: dict[str, ServiceState]


class Key(Answer, frozen=True, kw_only=True):
    """A Promptly key, of which the ending is all that can be shown."""

    id: str
    name: str
    prefix: str
    last_four: str
    scopes: list[Scope]
    rpm: int
    monthly_budget_usd: float | None
    expires_at: datetime | None
    created_by: str
    created_at: datetime
    last_used_at: datetime | None


class NewKey(Key, frozen=True, kw_only=True):
    """A Promptly key with its secret, which is shown this once."""

    api_key: str


class Keys(Answer, frozen=True, kw_only=True):
    """Promptly keys."""

    keys: list[Key]


class ProviderKey(Answer, frozen=True, kw_only=True):
    """A provider key, masked."""

    id: str
    provider: Provider
    label: str
    api_key: str
    last_four: str
    base_url: str | None
    models: list[str]
    created_at: datetime


class ProviderKeys(Answer, frozen=True, kw_only=True):
    """Provider keys."""

    keys: list[ProviderKey]


class Rule(Answer, frozen=True, kw_only=True):
    """A routing rule."""

    id: str
    name: str
    condition_type: ConditionType
    condition_value: ConditionValue
    action: Action
    action_value: str
    priority: int
    created_at: datetime


class Rules(Answer, frozen=True, kw_only=True):
    """Routing rules in the order in which they are tried."""

    rules: list[Rule]


class RuleRef(Answer, frozen=True, kw_only=True):
    """The rule that decided."""

    id: str
    name: str | None


class Route(Answer, frozen=True, kw_only=True):
    """What the router would do, and why."""

    model: str
    provider: str
    tier: Tier | None
    score: float | None
    reason: Reason
    rule: RuleRef | None
    signals: list[str]
    skipped_rules: list[str]
    shadow_model: str | None
