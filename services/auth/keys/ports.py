"""What keeping Promptly keys and provider keys needs of the store."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from libs.common.contracts.auth import Principal
from services.auth.domain.accounts import Role
from services.auth.keys.domain.keys import ApiKey, ControlKey, StoredProviderKey


class ApiKeys(Protocol):
    """Promptly keys. Revoked ones are not seen by any of these."""

    async def add(self, key: ApiKey) -> None:
        """Keep a new key."""
        ...

    async def all(self, org_id: str) -> Sequence[ApiKey]:
        """An organization's keys, oldest first."""
        ...

    async def of_playground(self, org_id: str, limit: int) -> Sequence[str]:
        """The ids of keys that the dashboard's playground made, revoked ones included, newest first."""
        ...

    async def one(self, org_id: str, key_id: str) -> ApiKey | None:
        """A key of this organization, locked until the transaction ends."""
        ...

    async def replace(self, old: ApiKey, new: ApiKey) -> None:
        """Give a key another digest and ending."""
        ...

    async def change(self, key: ApiKey) -> None:
        """Keep a key's name, scopes, limit, budget, expiry and team."""
        ...

    async def revoke(self, key: ApiKey, at: datetime) -> None:
        """Make a key useless for good."""
        ...

    async def note_use(self, org_id: str, key_id: str, at: datetime) -> None:
        """Keep when a key was last used, unless a later use is known."""
        ...

    async def principal(self, digest: str, confirmed_from: datetime | None = None) -> Principal | None:
        """The principal of the key with this digest, whether expired or not; None where there is none, or whoever knows it signs in through
        the OpenID Connect provider and was last confirmed before `confirmed_from`.
        """
        ...

    async def principal_of(self, org_id: str, key_id: str, confirmed_from: datetime | None = None) -> Principal | None:
        """The principal of the key with this id, as above."""
        ...


class ControlKeys(Protocol):
    """Keys for the control plane."""

    async def add(self, key: ControlKey) -> None:
        """Keep a new key."""
        ...

    async def all(self, org_id: str) -> Sequence[ControlKey]:
        """An organization's keys, oldest first."""
        ...

    async def delete(self, key: ControlKey) -> bool:
        """Whether it was there to delete."""
        ...

    async def find(self, digest: str, confirmed_from: datetime | None = None) -> tuple[ControlKey, Role] | None:
        """The key with this digest, expired or not, and the role that the user who made it has now; None where either is gone, or the user
        was last confirmed before `confirmed_from`, as above.
        """
        ...

    async def note_use(self, key: ControlKey, at: datetime) -> None:
        """Keep when it was last used."""
        ...


class ProviderKeys(Protocol):
    """Provider keys, sealed."""

    async def all(self, org_id: str) -> Sequence[StoredProviderKey]:
        """An organization's keys, oldest first."""
        ...

    async def one(self, org_id: str, key_id: str) -> StoredProviderKey | None:
        """A key of this organization, locked until the transaction ends."""
        ...

    async def put(self, key: StoredProviderKey) -> None:
        """Keep a key, new or changed."""
        ...

    async def delete(self, org_id: str, key_id: str) -> bool:
        """Whether there was one to delete."""
        ...

    async def sealed_otherwise(self, prefix: str, after: tuple[str, str], limit: int) -> Sequence[StoredProviderKey]:
        """Keys of all organizations whose sealed text begins otherwise, by organization and id from behind `after`, locked
        until the transaction ends.
        """
        ...
