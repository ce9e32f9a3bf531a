"""Bodies and answers about Promptly keys and provider keys."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Self

import msgspec
from msgspec import UNSET, UnsetType

from libs.common.contracts.auth import Scope
from libs.common.contracts.providers import ProviderInfo, ProviderName
from services.auth.domain.accounts import ControlScope
from services.auth.keys.domain import keys
from services.auth.schemas import Answer, OptionalText, Text, Time, iso, optional_usd

Url = Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
ProviderSecret = Annotated[str, msgspec.Meta(min_length=1, max_length=4096, pattern=r"^[\x21-\x7e]+$")]
ModelNames = Annotated[tuple[Text, ...], msgspec.Meta(max_length=500)]


class KeyBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new Promptly key. `team` is a team's id or name."""

    name: Text
    scopes: Annotated[tuple[Scope, ...], msgspec.Meta(min_length=1, max_length=2)] = ("chat", "optimize")
    rpm: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 500
    expires_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    monthly_budget_usd: Decimal | None = None
    team: Text | None = None


class KeyChangeBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A change of a Promptly key; what is not named stays. A budget, an expiry or a team that is null goes: the key has none."""

    name: Text | UnsetType = UNSET
    scopes: Annotated[tuple[Scope, ...], msgspec.Meta(min_length=1, max_length=2)] | UnsetType = UNSET
    rpm: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] | UnsetType = UNSET
    expires_at: Annotated[datetime, msgspec.Meta(tz=True)] | UnsetType | None = UNSET
    monthly_budget_usd: Decimal | UnsetType | None = UNSET
    team: Text | UnsetType | None = UNSET


class ControlKeyBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new key for the control plane. Every scope may read; each of the others may change what it is called after."""

    name: Text
    scopes: Annotated[tuple[ControlScope, ...], msgspec.Meta(min_length=1, max_length=5)]
    expires_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None


class RegenerateBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which key to give another secret; none: the organization's first."""

    id: Text | None = None


class ProviderKeyBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new provider key."""

    provider: ProviderName
    api_key: ProviderSecret
    base_url: Url | None = None
    label: OptionalText | None = None
    models: ModelNames | None = None


class ProviderKeyChangeBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A change of a provider key; what is not named stays, and a `base_url` that is null or empty goes."""

    api_key: ProviderSecret | None = None
    base_url: Annotated[str, msgspec.Meta(max_length=2000)] | UnsetType | None = UNSET
    label: OptionalText | None = None
    models: ModelNames | None = None


class Key(Answer, frozen=True, kw_only=True):
    """A Promptly key, of which the ending is all that can be shown."""

    id: str
    name: str
    prefix: str
    last_four: str
    scopes: tuple[Scope, ...]
    rpm: int
    monthly_budget_usd: float | None
    team_id: str | None
    team: str | None
    expires_at: Time | None
    created_by: str
    created_at: Time
    last_used_at: Time | None

    @classmethod
    def of(cls, key: keys.ApiKey) -> Self:
        """From the stored key."""
        return cls(
            id=key.id,
            name=key.name,
            prefix=key.prefix,
            last_four=key.last4,
            scopes=key.scopes,
            rpm=key.rpm,
            monthly_budget_usd=optional_usd(key.monthly_budget_nano),
            team_id=key.team_id,
            team=key.team,
            expires_at=None if key.expires_at is None else iso(key.expires_at),
            created_by=key.created_by,
            created_at=iso(key.created_at),
            last_used_at=None if key.last_used_at is None else iso(key.last_used_at),
        )


class NewKey(Key, frozen=True, kw_only=True):
    """A Promptly key with its secret, which is shown this once."""

    api_key: str

    @classmethod
    def made(cls, key: keys.ApiKey, secret: str) -> Self:
        """A key whose secret was made a moment ago."""
        return cls(**msgspec.structs.asdict(Key.of(key)), api_key=secret)


class Keys(Answer, frozen=True, kw_only=True):
    """Promptly keys."""

    keys: tuple[Key, ...]


class ControlKey(Answer, frozen=True, kw_only=True):
    """A key for the control plane, of which the ending is all that can be shown."""

    id: str
    name: str
    last_four: str
    scopes: tuple[ControlScope, ...]
    expires_at: Time | None
    created_by: str
    created_at: Time
    last_used_at: Time | None

    @classmethod
    def of(cls, key: keys.ControlKey) -> Self:
        """From the stored key."""
        return cls(
            id=key.id,
            name=key.name,
            last_four=key.last4,
            scopes=key.scopes,
            expires_at=None if key.expires_at is None else iso(key.expires_at),
            created_by=key.created_by,
            created_at=iso(key.created_at),
            last_used_at=None if key.last_used_at is None else iso(key.last_used_at),
        )


class NewControlKey(ControlKey, frozen=True, kw_only=True):
    """A key for the control plane with its secret, which is shown this once."""

    api_key: str

    @classmethod
    def made(cls, key: keys.ControlKey, secret: str) -> Self:
        """A key whose secret was made a moment ago."""
        return cls(**msgspec.structs.asdict(ControlKey.of(key)), api_key=secret)


class ControlKeys(Answer, frozen=True, kw_only=True):
    """Keys for the control plane, oldest first."""

    keys: tuple[ControlKey, ...]


class ProviderKey(Answer, frozen=True, kw_only=True):
    """A provider key, masked."""

    id: str
    provider: ProviderName
    label: str
    api_key: str
    last_four: str
    base_url: str | None
    models: tuple[str, ...]
    created_at: Time

    @classmethod
    def of(cls, key: keys.StoredProviderKey) -> Self:
        """From the stored key; `api_key` is masked down to its ending."""
        return cls(
            id=key.id,
            provider=key.provider,
            label=key.label,
            api_key=f"sk-…{key.last4}",
            last_four=key.last4,
            base_url=key.base_url,
            models=key.models,
            created_at=iso(key.created_at),
        )


class ConnectableProvider(Answer, frozen=True, kw_only=True):
    """A provider that can be connected, and what a key for it has to name."""

    name: ProviderName
    label: str
    needs_base_url: bool
    needs_models: bool

    @classmethod
    def of(cls, info: ProviderInfo) -> Self:
        """From the list that all services share."""
        return cls(**msgspec.structs.asdict(info))


class ProviderKeys(Answer, frozen=True, kw_only=True):
    """Provider keys, and the providers that can be connected."""

    keys: tuple[ProviderKey, ...]
    providers: tuple[ConnectableProvider, ...]
