"""Examples of bodies and answers, for the document."""

from decimal import Decimal
from typing import Final

import msgspec

from libs.common.contracts.gateway import ProviderKeyTested
from libs.common.contracts.providers import PROVIDERS
from services.auth.keys import schemas

_TIME: Final = "2026-08-01T09:30:00.000Z"
_KEY: Final = schemas.Key(
    id="key_" + "4" * 32,
    name="production",
    prefix="sk-promptly-",
    last_four="x7Qa",
    scopes=("chat", "optimize"),
    rpm=500,
    monthly_budget_usd=25.0,
    team_id="team_" + "8" * 32,
    team="Search",
    expires_at=None,
    created_by="usr_" + "1" * 32,
    created_at=_TIME,
    last_used_at=None,
)
_CONTROL_KEY: Final = schemas.ControlKey(
    id="ckey_" + "6" * 32,
    name="terraform",
    last_four="k9Zb",
    scopes=("alerts", "keys", "providers", "settings"),
    expires_at=None,
    created_by="usr_" + "1" * 32,
    created_at=_TIME,
    last_used_at=_TIME,
)
_PROVIDER_KEY: Final = schemas.ProviderKey(
    id="pk_" + "5" * 32,
    provider="openai",
    label="main account",
    api_key="sk-…1234",
    last_four="1234",
    base_url=None,
    models=(),
    created_at=_TIME,
)
EXAMPLES: Final[tuple[msgspec.Struct, ...]] = (
    schemas.KeyBody(name="production", monthly_budget_usd=Decimal("25.0")),
    schemas.Keys(keys=(_KEY,)),
    schemas.NewKey(**msgspec.structs.asdict(_KEY), api_key="sk-promptly-…"),
    schemas.KeyChangeBody(rpm=1000, monthly_budget_usd=Decimal("50.0")),
    _KEY,
    schemas.ControlKeyBody(name="terraform", scopes=("alerts", "keys", "providers", "settings")),
    schemas.ControlKeys(keys=(_CONTROL_KEY,)),
    schemas.NewControlKey(**msgspec.structs.asdict(_CONTROL_KEY), api_key="cp-promptly-…"),
    _PROVIDER_KEY,
    schemas.ProviderKeyBody(provider="openai", api_key="sk-your-own-key", label="main account"),
    schemas.ProviderKeyChangeBody(label="main account"),
    ProviderKeyTested(ok=True, detail="The provider takes this key.", latency_ms=212.0),
    schemas.ProviderKeys(keys=(_PROVIDER_KEY,), providers=tuple(map(schemas.ConnectableProvider.of, PROVIDERS))),
    schemas.RegenerateBody(id="key_" + "4" * 32),
)
