"""Promptly keys and provider keys."""

from decimal import Decimal

import msgspec
from litestar import Controller, delete, get, patch, post, put
from litestar.params import FromPath
from msgspec import UNSET

from libs.common.bus import Bus
from libs.common.contracts import gateway
from libs.common.contracts.providers import PROVIDERS
from services.auth.domain.permissions import Action
from services.auth.http.dependencies import Injected, Payload
from services.auth.http.guard import ApiRequest
from services.auth.http.request import an_id
from services.auth.keys import schemas
from services.auth.keys.api_keys import ApiKeys, KeyChange, NewKey
from services.auth.keys.control_keys import ControlKeys, NewControlKey
from services.auth.keys.domain.budgets import budget_nano
from services.auth.keys.provider_keys import ProviderKeyChange, ProviderKeys


class PlatformKeyController(Controller):
    """/api/keys/platform"""

    path = "/keys/platform"

    @get(needs=Action.READ)
    async def all(self, request: ApiRequest, api_keys: Injected[ApiKeys]) -> schemas.Keys:
        """The keys, without the keys."""
        return schemas.Keys(keys=tuple(schemas.Key.of(key) for key in await api_keys.all(request.user)))

    @post(needs=Action.USE_KEYS)
    async def create(
        self, request: ApiRequest, payload: Payload[schemas.KeyBody], api_keys: Injected[ApiKeys]
    ) -> schemas.NewKey:
        """Make a key."""
        budget = payload.monthly_budget_usd
        wanted = NewKey(
            name=payload.name,
            scopes=tuple(sorted(set(payload.scopes))),
            rpm=payload.rpm,
            expires_at=payload.expires_at,
            monthly_budget_nano=None if budget is None else budget_nano(budget),
            team=payload.team,
        )
        secret, key = await api_keys.create(request.user, wanted)
        return schemas.NewKey.made(key, secret)

    @post("/regenerate", needs=Action.USE_KEYS, status_code=200, fails=(404,))
    async def regenerate(
        self, request: ApiRequest, payload: Payload[schemas.RegenerateBody | None], api_keys: Injected[ApiKeys]
    ) -> schemas.NewKey:
        """Replace a key by another."""
        key_id = None if payload is None or payload.id is None else an_id(payload.id, "key")
        secret, key = await api_keys.regenerate(request.user, key_id)
        return schemas.NewKey.made(key, secret)

    @patch("/{key_id:str}", needs=Action.USE_KEYS)
    async def change(
        self,
        request: ApiRequest,
        payload: Payload[schemas.KeyChangeBody],
        api_keys: Injected[ApiKeys],
        key_id: FromPath[str],
    ) -> schemas.Key:
        """Change a key's name, scopes, limit, budget, expiry or team; the secret stays."""
        budget = payload.monthly_budget_usd
        wanted = KeyChange(
            name=payload.name,
            scopes=payload.scopes if payload.scopes is UNSET else tuple(sorted(set(payload.scopes))),
            rpm=payload.rpm,
            expires_at=payload.expires_at,
            monthly_budget_nano=budget_nano(budget) if isinstance(budget, Decimal) else budget,
            team=payload.team,
        )
        return schemas.Key.of(await api_keys.change(request.user, an_id(key_id, "key"), wanted))

    @delete("/{key_id:str}", needs=Action.USE_KEYS)
    async def revoke(self, request: ApiRequest, api_keys: Injected[ApiKeys], key_id: FromPath[str]) -> None:
        """Make a key useless."""
        await api_keys.revoke(request.user, an_id(key_id, "key"))


class ControlKeyController(Controller):
    """/api/keys/control"""

    path = "/keys/control"

    @get(needs=Action.MANAGE_CONTROL_KEYS)
    async def all(self, request: ApiRequest, control_keys: Injected[ControlKeys]) -> schemas.ControlKeys:
        """The keys for the control plane, without the keys."""
        found = await control_keys.all(request.user)
        return schemas.ControlKeys(keys=tuple(schemas.ControlKey.of(key) for key in found))

    @post(needs=Action.MANAGE_CONTROL_KEYS)
    async def create(
        self, request: ApiRequest, payload: Payload[schemas.ControlKeyBody], control_keys: Injected[ControlKeys]
    ) -> schemas.NewControlKey:
        """Make a key for the control plane: for Terraform, CI or `promptly apply`."""
        wanted = NewControlKey(
            name=payload.name, scopes=tuple(sorted(set(payload.scopes))), expires_at=payload.expires_at
        )
        secret, key = await control_keys.create(request.user, wanted)
        return schemas.NewControlKey.made(key, secret)

    @delete("/{key_id:str}", needs=Action.MANAGE_CONTROL_KEYS)
    async def revoke(self, request: ApiRequest, control_keys: Injected[ControlKeys], key_id: FromPath[str]) -> None:
        """Make a key for the control plane useless, at once."""
        await control_keys.revoke(request.user, an_id(key_id, "ckey"))


class ProviderKeyController(Controller):
    """/api/keys/providers"""

    path = "/keys/providers"

    @get(needs=Action.READ)
    async def all(self, request: ApiRequest, provider_keys: Injected[ProviderKeys]) -> schemas.ProviderKeys:
        """The provider keys, masked, and which providers there are."""
        found = await provider_keys.all(request.user)
        return schemas.ProviderKeys(
            keys=tuple(schemas.ProviderKey.of(key) for key in found),
            providers=tuple(map(schemas.ConnectableProvider.of, PROVIDERS)),
        )

    @post(needs=Action.MANAGE_PROVIDERS)
    async def add(
        self, request: ApiRequest, payload: Payload[schemas.ProviderKeyBody], provider_keys: Injected[ProviderKeys]
    ) -> schemas.ProviderKey:
        """Connect a provider."""
        wanted = ProviderKeyChange(
            api_key=payload.api_key, base_url=payload.base_url, label=payload.label, models=payload.models
        )
        return schemas.ProviderKey.of(await provider_keys.add(request.user, payload.provider, wanted))

    @put("/{key_id:str}", needs=Action.MANAGE_PROVIDERS)
    async def change(
        self,
        request: ApiRequest,
        payload: Payload[schemas.ProviderKeyChangeBody],
        provider_keys: Injected[ProviderKeys],
        key_id: FromPath[str],
    ) -> schemas.ProviderKey:
        """Change a provider key."""
        wanted = ProviderKeyChange(**msgspec.structs.asdict(payload))
        return schemas.ProviderKey.of(await provider_keys.change(request.user, an_id(key_id, "pk"), wanted))

    @delete("/{key_id:str}", needs=Action.MANAGE_PROVIDERS)
    async def remove(self, request: ApiRequest, provider_keys: Injected[ProviderKeys], key_id: FromPath[str]) -> None:
        """Disconnect a provider."""
        await provider_keys.delete(request.user, an_id(key_id, "pk"))

    @post("/{key_id:str}/test", needs=Action.MANAGE_PROVIDERS, status_code=200)
    async def test(
        self, request: ApiRequest, provider_keys: Injected[ProviderKeys], bus: Injected[Bus], key_id: FromPath[str]
    ) -> gateway.ProviderKeyTested:
        """Have a gateway call the provider once, and say whether it takes the key."""
        key = await provider_keys.sealed(request.user, an_id(key_id, "pk"))
        wanted = gateway.TestProviderKey(org_id=request.user.org_id, key=key)
        return await bus.call(gateway.TEST_PROVIDER_KEY, wanted)
