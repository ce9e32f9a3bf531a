"""Promptly keys and provider keys as they are stored: never in the clear."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from libs.common import keys
from libs.common.contracts.auth import Scope
from libs.common.contracts.providers import ProviderName
from libs.common.errors import BadRequest
from services.auth.domain.accounts import ControlScope

# The dashboard's playground makes a key of this name for each visit, which ends within a quarter of an hour by the browser's clock.
PLAYGROUND: Final = "Playground"
MOST_MERGED: Final = 5_000  # of them that a breakdown counts as one
PLAYGROUND_LIFE: Final = timedelta(hours=1)


class ApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """A Promptly key. `digest` is its HMAC; `prefix` and `last4` are all that can still be shown. The budget is in
    nano-dollars. `known_to` is the user who made the secret that works now, where that is
    another than who made the key. `team_id` is the team that it belongs to, `team` that one's name.
    """

    id: str
    org_id: str
    name: str
    digest: str
    prefix: str
    last4: str
    scopes: tuple[Scope, ...]
    rpm: int
    expires_at: datetime | None
    created_by: str
    created_at: datetime
    known_to: str | None = None
    last_used_at: datetime | None = None
    monthly_budget_nano: int | None = None
    team_id: str | None = None
    team: str | None = None

    @property
    def holder(self) -> str:
        """The user who knows the secret."""
        return self.known_to or self.created_by


def named(known: Sequence[ApiKey], wanted: str, param: str) -> ApiKey:
    """The key with this id, else the only one of this name; `BadRequest` where there is none."""
    found = [key for key in known if key.id == wanted] or [key for key in known if key.name == wanted]
    if len(found) != 1:
        how_many = "no key" if not found else "more than one key"
        raise BadRequest(f"There is {how_many} {wanted!r} in your organization: give a key's id.", param=param)
    return found[0]


class ControlKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key for the control plane; `digest` is its HMAC."""

    id: str
    org_id: str
    name: str
    digest: str
    last4: str
    scopes: tuple[ControlScope, ...]
    expires_at: datetime | None
    created_by: str
    created_at: datetime
    last_used_at: datetime | None = None


class StoredProviderKey(msgspec.Struct, frozen=True, kw_only=True):
    """A provider key, sealed for this organization, provider and id."""

    id: str
    org_id: str
    provider: ProviderName
    label: str
    sealed: str
    last4: str
    base_url: str | None
    models: tuple[str, ...]
    created_at: datetime


def prefix_for(scopes: tuple[Scope, ...]) -> str:
    """Keys for the optimize API alone carry a prefix of their own."""
    return keys.OPTIMIZE_PREFIX if scopes == ("optimize",) else keys.KEY_PREFIX
