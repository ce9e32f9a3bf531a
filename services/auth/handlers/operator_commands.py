"""The operator's commands over the bus: reset a password, re-wrap provider keys under the newest master key."""

from libs.common.bus import Bus
from libs.common.contracts.auth import (
    RESET_PASSWORD,
    REWRAP_KEYS,
    KeysRewrapped,
    PasswordReset,
    ResetPassword,
    RewrapKeys,
)
from services.auth.accounts.recovery import Recovery
from services.auth.keys.provider_keys import ProviderKeys


async def serve(bus: Bus, recovery: Recovery, provider_keys: ProviderKeys) -> None:
    """Answer RESET_PASSWORD and REWRAP_KEYS."""

    async def reset(request: ResetPassword) -> PasswordReset:
        return await recovery.link_for(request.email)

    async def rewrap(request: RewrapKeys) -> KeysRewrapped:
        return await provider_keys.rewrap(request.after, max(1, min(request.limit, 1000)))

    await bus.serve(RESET_PASSWORD, reset)
    await bus.serve(REWRAP_KEYS, rewrap, concurrency=1)
