"""Provider keys: sealed as they come in, never given out again."""

from collections.abc import Collection, Sequence

import msgspec

from libs.common.clock import Clock
from libs.common.errors import BadRequest, NotFound
from libs.common.ids import new_id
from libs.common.keys import last_four
from libs.common.net_guard import forbidden_reason
from libs.common.sealing import Sealer
from services.auth.changes import Changes
from services.auth.domain.accounts import Caller
from services.auth.domain.keys import Provider, StoredProviderKey
from services.auth.ports import UnitOfWork


class ProviderKeyChange(msgspec.Struct, frozen=True, kw_only=True):
    """What to change; None leaves a field as it is."""

    api_key: str | None = None
    base_url: str | None = None
    label: str | None = None
    models: tuple[str, ...] | None = None


class ProviderKeys:
    """An organisation's keys for the providers that it pays itself."""

    def __init__(
        self, uow: UnitOfWork, changes: Changes, sealer: Sealer, clock: Clock, allowed_hosts: Collection[str]
    ) -> None:
        self._uow = uow
        self._changes = changes
        self._sealer = sealer
        self._clock = clock
        self._allowed_hosts = allowed_hosts

    async def all(self, caller: Caller) -> Sequence[StoredProviderKey]:
        """The organisation's keys, oldest first."""
        async with self._uow() as tx:
            return await tx.provider_keys.all(caller.org_id)

    async def add(self, caller: Caller, provider: Provider, wanted: ProviderKeyChange) -> StoredProviderKey:
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
        async with self._changes.of(caller.org_id) as tx:
            await tx.provider_keys.put(key)
        return key

    async def change(self, caller: Caller, key_id: str, wanted: ProviderKeyChange) -> StoredProviderKey:
        """Change a key; its provider stays."""
        async with self._changes.of(caller.org_id) as tx:
            old = await tx.provider_keys.one(caller.org_id, key_id)
            if old is None:
                raise NotFound("There is no such provider key.")
            key = self._changed(old, wanted)
            await tx.provider_keys.put(key)
        return key

    async def delete(self, caller: Caller, key_id: str) -> None:
        """Forget a key."""
        async with self._changes.of(caller.org_id) as tx:
            if not await tx.provider_keys.delete(caller.org_id, key_id):
                raise NotFound("There is no such provider key.")

    def _changed(self, key: StoredProviderKey, wanted: ProviderKeyChange) -> StoredProviderKey:
        if wanted.base_url is not None and (reason := forbidden_reason(wanted.base_url, self._allowed_hosts)):
            raise BadRequest(reason, details={"param": "base_url"})
        changes = {name: value for name, value in msgspec.structs.asdict(wanted).items() if value is not None}
        secret = changes.pop("api_key", None)
        if secret is not None:
            sealed = self._sealer.seal(key.org_id, key.provider, key.id, secret)
            changes |= {"sealed": sealed, "last4": last_four(secret)}
        elif changes.get("base_url", key.base_url) != key.base_url:
            # Otherwise whoever may change the URL could have the stored key sent to a server of their own.
            raise BadRequest("Another base_url needs its api_key along with it.", details={"param": "api_key"})
        key = msgspec.structs.replace(key, **changes)
        if key.provider == "openai_compatible":
            for field, value in (("base_url", key.base_url), ("models", key.models)):
                if not value:
                    raise BadRequest(f"openai_compatible needs {field}.", details={"param": field})
        return key
