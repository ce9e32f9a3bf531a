"""The state file: what it may hold. What it does not name is left as it is.

No secret is ever in it: a field that needs one names the environment variable that has it, as `env:NAME`.
"""

from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType

from libs.common.contracts.alerts import Channel, Metric, Operator, ScopeKind
from libs.common.contracts.auth import BudgetPeriod, BudgetSubject, OnExceed, OptimizationSettings, Scope, Tier
from libs.common.contracts.providers import ProviderName

Reference = Annotated[str, Meta(pattern=r"^env:[A-Za-z_][A-Za-z0-9_]{0,127}$")]
_MANY: Final = Meta(max_length=1000)


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of the file refuses names that it does not know."""


class ProviderPart(_Part, frozen=True, kw_only=True):
    """A provider's key, told from others of the provider by its name. `api_key` is needed where the key is new or another; `base_url`
    may be `env:NAME`, too.
    """

    provider: ProviderName
    name: str = ""
    api_key: Reference | UnsetType = UNSET
    base_url: str | UnsetType | None = UNSET
    models: tuple[str, ...] | UnsetType = UNSET


class RulePart(_Part, frozen=True, kw_only=True):
    """A routing rule. The higher `priority` is tried first, among equals the older rule."""

    name: str
    condition_type: str | UnsetType = UNSET
    condition_value: dict[str, Any] | UnsetType = UNSET
    action: str | UnsetType = UNSET
    action_value: str | UnsetType = UNSET
    priority: int | UnsetType = UNSET


class TeamPart(_Part, frozen=True, kw_only=True):
    """A team, which keys can belong to."""

    name: str


class KeyPart(_Part, frozen=True, kw_only=True):
    """A Promptly key: requests per minute, dollars a month (null: no budget), until when (null: for good), and its team's name (null: it is
    in none).
    """

    name: str
    scopes: tuple[Scope, ...] | UnsetType = UNSET
    rpm: int | UnsetType = UNSET
    monthly_budget_usd: float | UnsetType | None = UNSET
    expires_at: Annotated[datetime, Meta(tz=True)] | UnsetType | None = UNSET
    team: str | UnsetType | None = UNSET


class BudgetPart(_Part, frozen=True, kw_only=True):
    """A budget. `value` is the name of a key or team, an end user or a tag's value; null: each of them may spend so much."""

    name: str
    subject: BudgetSubject | UnsetType = UNSET
    tag: str | UnsetType | None = UNSET
    value: str | UnsetType | None = UNSET
    period: BudgetPeriod | UnsetType = UNSET
    limit_usd: float | UnsetType = UNSET
    on_exceed: OnExceed | UnsetType = UNSET


class AlertScopePart(_Part, frozen=True, kw_only=True):
    """The requests that an alert rule watches; keys and teams by their names."""

    by: ScopeKind = "organization"
    value: str = ""
    tag: str | None = None


class AlertPart(_Part, frozen=True, kw_only=True):
    """An alert rule. A webhook's address is a secret, so it is named, too; null takes the channel away."""

    name: str
    metric: Metric | UnsetType = UNSET
    operator: Operator | UnsetType = UNSET
    threshold: float | UnsetType = UNSET
    channels: tuple[Channel, ...] | UnsetType = UNSET
    window_minutes: int | UnsetType = UNSET
    cooldown_minutes: int | UnsetType = UNSET
    is_active: bool | UnsetType = UNSET
    webhook_url: Reference | UnsetType | None = UNSET
    webhook_secret: Reference | UnsetType = UNSET
    slack_url: Reference | UnsetType | None = UNSET
    scope: AlertScopePart | UnsetType = UNSET


# Every lever's setting, by the contract that the services share: a new one can be written here at once.
SettingsPart = msgspec.defstruct(
    "SettingsPart",
    [(field.name, field.type | UnsetType, UNSET) for field in msgspec.structs.fields(OptimizationSettings)],
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
)


class AliasModelPart(_Part, frozen=True, kw_only=True):
    """A model of an alias, and how many parts of all conversations it gets."""

    model: str
    weight: int = 1


class AliasPart(_Part, frozen=True, kw_only=True):
    """What a name of the organization's own stands for, and which models answer where that fails, in their order."""

    models: Annotated[tuple[AliasModelPart, ...], Meta(min_length=1)]
    fallbacks: tuple[str, ...] = ()


class State(_Part, frozen=True, kw_only=True):
    """All that a file may hold."""

    providers: Annotated[tuple[ProviderPart, ...], _MANY] | UnsetType = UNSET
    settings: SettingsPart | UnsetType = UNSET  # type: ignore[valid-type]
    tiers: dict[ProviderName, dict[Tier, str]] | UnsetType = UNSET
    aliases: Annotated[dict[str, AliasPart], _MANY] | UnsetType = UNSET
    rules: Annotated[tuple[RulePart, ...], _MANY] | UnsetType = UNSET
    teams: Annotated[tuple[TeamPart, ...], _MANY] | UnsetType = UNSET
    keys: Annotated[tuple[KeyPart, ...], _MANY] | UnsetType = UNSET
    budgets: Annotated[tuple[BudgetPart, ...], _MANY] | UnsetType = UNSET
    alerts: Annotated[tuple[AlertPart, ...], _MANY] | UnsetType = UNSET


def given(part: msgspec.Struct) -> dict[str, Any]:
    """The fields that the file names, in the form in which the API answers them."""
    found = {name: value for name, value in msgspec.structs.asdict(part).items() if value is not UNSET}
    return {name: _answered(value) for name, value in found.items()}


def _answered(value: Any) -> Any:
    if isinstance(value, msgspec.Struct):
        return msgspec.structs.asdict(value)
    return list(value) if isinstance(value, tuple) else value
