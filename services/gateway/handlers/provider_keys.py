"""Serves TEST_PROVIDER_KEY: any gateway answers, for only gateways and auth can open a key."""

from libs.common.bus.ports import Bus
from libs.common.clock import Clock
from libs.common.contracts.gateway import TEST_PROVIDER_KEY, ProviderKeyTested, TestProviderKey
from libs.common.errors import PromptlyError
from services.gateway.domain.attempts import Failure
from services.gateway.ports import Providers

_SENTENCES = {
    401: "The provider does not know this key.",
    402: "The provider knows this key, but its quota or balance is used up.",
    403: "The provider knows this key, but does not allow it to be used here.",
    404: "There is no list of models at this address; check the base URL.",
    429: "The provider knows this key, and is limiting its requests now.",
}


async def serve(bus: Bus, providers: Providers, clock: Clock) -> None:
    """Answer whether provider keys work."""

    async def tested(request: TestProviderKey) -> ProviderKeyTested:
        began = clock.monotonic()
        try:
            await providers.check(request.key, request.org_id)
        except Failure as failure:
            called = failure.kind == "status"
            sentence = _SENTENCES.get(failure.status or 0, f"The provider could not be asked: {failure.message}")
            took = _since(began, clock) if called else None
            return ProviderKeyTested(ok=failure.status in (402, 429), detail=sentence, latency_ms=took)
        except PromptlyError as error:
            return ProviderKeyTested(ok=False, detail=error.message)
        return ProviderKeyTested(ok=True, detail="The provider took the key.", latency_ms=_since(began, clock))

    await bus.serve(TEST_PROVIDER_KEY, tested)


def _since(began: float, clock: Clock) -> float:
    return round((clock.monotonic() - began) * 1000, 1)
