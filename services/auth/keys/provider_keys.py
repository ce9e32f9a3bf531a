"""ProviderName keys: sealed as they come in, never given out again."""

from collections.abc import Collection, Sequence
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from libs.common.clock import Clock
from libs.common.contracts.auth import KeysRewrapped, ProviderKey
from libs.common.contracts.providers import INFO, ProviderName
from libs.common.errors import BadRequest, NotFound
from libs.common.ids import new_id
from libs.common.keys import last_four
from libs.common.net_guard import forbidden_reason
from libs.common.sealing import CannotOpen, Sealer, wrapped_under
from services.auth.announced_transaction import AnnouncedTransactions
from services.auth.audited import fields_of, record, record_change
from services.auth.domain.accounts import Caller
from services.auth.keys.domain.keys import StoredProviderKey
from services.auth.ports import UnitOfWork


class ProviderKeyChange(msgspec.Struct, frozen=True, kw_only=True):
    """What to change; None leaves a field as it is, but a `base_url` that is None or empty goes: the provider's own holds."""

    api_key: str | None = None
    base_url: str | UnsetType | None = UNSET
    label: str | None = None
    models: tuple[str, ...] | None = None


class ProviderKeys:
    """An organization's keys for the providers that it pays itself."""

    def __init__(
        self,
        uow: UnitOfWork,
        transactions: AnnouncedTransactions,
        sealer: Sealer,
        clock: Clock,
        allowed_hosts: Collection[str],
    ) -> None:
        self._uow = uow
        self._transactions = transactions
        self._sealer = sealer
        self._clock = clock
        self._allowed_hosts = allowed_hosts

    async def all(self, caller: Caller) -> Sequence[StoredProviderKey]:
        """The organization's keys, oldest first."""
        async with self._uow() as tx:
            return await tx.provider_keys.all(caller.org_id)

    async def add(self, caller: Caller, provider: ProviderName, wanted: ProviderKeyChange) -> StoredProviderKey:
        """Keep a key; `BadRequest` where it lacks what its provider needs, or its URL may not be called."""
        empty = StoredProviderKey(
            id=new_id("pk"),
            org_id=caller.org_id,
            provider=provider,
            label="",
            sealed="",
            last4="",
            base_url=None,
            models=(),
            created_at=self._clock.now(),
        )
        key = self._changed(empty, wanted)
        async with self._transactions.begin(caller.org_id) as tx:
            await tx.provider_keys.put(key)
            await record(tx, caller, "provider_key_added", key.created_at, after=_shown(key))
        return key

    async def change(self, caller: Caller, key_id: str, wanted: ProviderKeyChange) -> StoredProviderKey:
        """Change a key; its provider stays."""
        async with self._transactions.begin(caller.org_id) as tx:
            old = await tx.provider_keys.one(caller.org_id, key_id)
            if old is None:
                raise NotFound("There is no such provider key.")
            key = self._changed(old, wanted)
            await tx.provider_keys.put(key)
            about, shown = fields_of(key, "id", "provider"), (_shown(old), _shown(key))
            await record_change(tx, caller, "provider_key_changed", self._clock.now(), about, *shown)
        return key

    async def delete(self, caller: Caller, key_id: str) -> None:
        """Delete a key."""
        async with self._transactions.begin(caller.org_id) as tx:
            key = await tx.provider_keys.one(caller.org_id, key_id)
            if key is None or not await tx.provider_keys.delete(caller.org_id, key_id):
                raise NotFound("There is no such provider key.")
            await record(tx, caller, "provider_key_removed", self._clock.now(), before=_shown(key))

    async def sealed(self, caller: Caller, key_id: str) -> ProviderKey:
        """A key as a gateway gets it."""
        async with self._uow() as tx:
            key = await tx.provider_keys.one(caller.org_id, key_id)
        if key is None:
            raise NotFound("There is no such provider key.")
        return ProviderKey(
            id=key.id, provider=key.provider, sealed=key.sealed, base_url=key.base_url, models=key.models
        )

    async def rewrap(self, after: str | None, limit: int) -> KeysRewrapped:
        """Bring some keys, of all organizations, under the newest master key. Nothing is published: gateways that still
        cache the old text also have the old master key, and lose both when they are started again.
        """
        org_id, _, key_id = (after or "").partition("/")
        rewrapped, unreadable = 0, 0
        async with self._uow() as tx:
            prefix = wrapped_under(self._sealer.newest)
            keys = await tx.provider_keys.sealed_otherwise(prefix, (org_id, key_id), limit)
            for key in keys:
                try:
                    sealed = self._sealer.rewrap(key.org_id, key.provider, key.id, key.sealed)
                except CannotOpen:
                    unreadable += 1
                    continue
                await tx.provider_keys.put(msgspec.structs.replace(key, sealed=sealed))
                rewrapped += 1
        return KeysRewrapped(
            rewrapped=rewrapped,
            unreadable=unreadable,
            version=self._sealer.newest,
            next=f"{keys[-1].org_id}/{keys[-1].id}" if len(keys) == limit else None,
        )

    def _changed(self, key: StoredProviderKey, wanted: ProviderKeyChange) -> StoredProviderKey:
        changes = {name: value for name, value in msgspec.structs.asdict(wanted).items() if value is not None}
        changes.pop("base_url", None)
        if wanted.base_url is not UNSET:
            base_url = wanted.base_url or None
            if base_url is not None and (reason := forbidden_reason(base_url, self._allowed_hosts)):
                raise BadRequest(reason, param="base_url")
            changes["base_url"] = base_url
        secret = changes.pop("api_key", None)
        if secret is not None:
            sealed = self._sealer.seal(key.org_id, key.provider, key.id, secret)
            changes |= {"sealed": sealed, "last4": last_four(secret)}
        elif changes.get("base_url", key.base_url) != key.base_url:
            # Otherwise whoever may change the URL could have the stored key sent to a server of their own.
            raise BadRequest("Another base_url needs its api_key along with it.", param="api_key")
        key = msgspec.structs.replace(key, **changes)
        info = INFO[key.provider]
        for field, needed, value in (
            ("base_url", info.needs_base_url, key.base_url),
            ("models", info.needs_models, key.models),
        ):
            if needed and not value:
                raise BadRequest(f"{key.provider} needs {field}.", param=field)
        return key


def _shown(key: StoredProviderKey) -> dict[str, Any]:
    """What the audit log keeps of a key: how its secret ends, as lists of keys do."""
    return fields_of(key, "id", "provider", "label", "base_url", "models") | {"last_four": key.last4}
