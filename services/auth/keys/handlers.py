"""Who does this API key speak for?"""

from collections.abc import Awaitable, Callable

from libs.common.contracts.auth import Principal, VerifyApiKey
from services.auth.keys.api_keys import ApiKeys


def verify_api_key(api_keys: ApiKeys) -> Callable[[VerifyApiKey], Awaitable[Principal]]:
    """The handler of `VERIFY_API_KEY`."""

    async def handle(request: VerifyApiKey) -> Principal:
        return await api_keys.principal(request.digest)

    return handle
