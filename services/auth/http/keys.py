"""Promptly keys and provider keys."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

import msgspec
from litestar import Controller, delete, get, post, put
from litestar.params import FromPath
from msgspec import UNSET, UnsetType

from libs.common.bus import Bus
from libs.common.contracts import gateway
from libs.common.contracts.auth import Scope
from services.auth.api_keys import ApiKeys, NewKey
from services.auth.domain.budgets import budget_nano
from services.auth.domain.keys import Provider
from services.auth.domain.permissions import Action
from services.auth.http.body import OptionalText, Text, an_id, read
from services.auth.http.given import Given
from services.auth.http.guard import ApiRequest
from services.auth.provider_keys import ProviderKeyChange, ProviderKeys
from services.auth.translate.account_json import key_json, provider_key_json

Url = Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
ProviderSecret = Annotated[str, msgspec.Meta(min_length=1, max_length=4096, pattern=r"^[\x21-\x7e]+$")]
ModelNames = Annotated[tuple[Text, ...], msgspec.Meta(max_length=500)]


class KeyBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new Promptly key."""

    name: Text
    scopes: Annotated[tuple[Scope, ...], msgspec.Meta(min_length=1, max_length=2)] = ("chat", "optimize")
    rpm: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 500
    expires_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    monthly_budget_usd: Decimal | None = None


class RegenerateBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which key to give another secret; none: the organisation's first."""

    id: Text | None = None


class ProviderKeyBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new provider key."""

    provider: Provider
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


class PlatformKeyController(Controller):
    """/api/keys/platform"""

    path = "/keys/platform"

    @get(needs=Action.READ)
    async def all(self, request: ApiRequest, api_keys: Given[ApiKeys]) -> dict[str, Any]:
        """The keys, without the keys."""
        return {"keys": [key_json(key) for key in await api_keys.all(request.user)]}

    @post(needs=Action.USE_KEYS)
    async def create(self, request: ApiRequest, api_keys: Given[ApiKeys]) -> dict[str, Any]:
        """Make a key."""
        body = await read(request, KeyBody)
        budget = body.monthly_budget_usd
        wanted = NewKey(
            name=body.name,
            scopes=tuple(sorted(set(body.scopes))),
            rpm=body.rpm,
            expires_at=body.expires_at,
            monthly_budget_nano=None if budget is None else budget_nano(budget),
        )
        secret, key = await api_keys.create(request.user, wanted)
        return {**key_json(key), "api_key": secret}

    @post("/regenerate", needs=Action.USE_KEYS, status_code=200)
    async def regenerate(self, request: ApiRequest, api_keys: Given[ApiKeys]) -> dict[str, Any]:
        """Replace a key by another."""
        body = await read(request, RegenerateBody) if await request.body() else RegenerateBody()
        secret, key = await api_keys.regenerate(request.user, body.id and an_id(body.id, "key"))
        return {**key_json(key), "api_key": secret}

    @delete("/{key_id:str}", needs=Action.USE_KEYS)
    async def revoke(self, request: ApiRequest, api_keys: Given[ApiKeys], key_id: FromPath[str]) -> None:
        """Make a key useless."""
        await api_keys.revoke(request.user, an_id(key_id, "key"))


class ProviderKeyController(Controller):
    """/api/keys/providers"""

    path = "/keys/providers"

    @get(needs=Action.READ)
    async def all(self, request: ApiRequest, provider_keys: Given[ProviderKeys]) -> dict[str, Any]:
        """The provider keys, masked."""
        return {"keys": [provider_key_json(key) for key in await provider_keys.all(request.user)]}

    @post(needs=Action.MANAGE_PROVIDERS)
    async def add(self, request: ApiRequest, provider_keys: Given[ProviderKeys]) -> dict[str, Any]:
        """Connect a provider."""
        fields = msgspec.structs.asdict(await read(request, ProviderKeyBody))
        provider: Provider = fields.pop("provider")
        return provider_key_json(await provider_keys.add(request.user, provider, ProviderKeyChange(**fields)))

    @put("/{key_id:str}", needs=Action.MANAGE_PROVIDERS)
    async def change(
        self, request: ApiRequest, provider_keys: Given[ProviderKeys], key_id: FromPath[str]
    ) -> dict[str, Any]:
        """Change a provider key."""
        wanted = ProviderKeyChange(**msgspec.structs.asdict(await read(request, ProviderKeyChangeBody)))
        return provider_key_json(await provider_keys.change(request.user, an_id(key_id, "pk"), wanted))

    @delete("/{key_id:str}", needs=Action.MANAGE_PROVIDERS)
    async def remove(self, request: ApiRequest, provider_keys: Given[ProviderKeys], key_id: FromPath[str]) -> None:
        """Disconnect a provider."""
        await provider_keys.delete(request.user, an_id(key_id, "pk"))

    @post("/{key_id:str}/test", needs=Action.MANAGE_PROVIDERS, status_code=200)
    async def test(
        self, request: ApiRequest, provider_keys: Given[ProviderKeys], bus: Given[Bus], key_id: FromPath[str]
    ) -> Any:
        """Have a gateway call the provider once, and say whether it takes the key."""
        key = await provider_keys.sealed(request.user, an_id(key_id, "pk"))
        asked = gateway.TestProviderKey(org_id=request.user.org_id, key=key)
        return msgspec.to_builtins(await bus.call(gateway.TEST_PROVIDER_KEY, asked))
