"""Bus handlers for credits and for idempotent requests."""

from libs.common.bus import Bus
from libs.common.contracts.auth import (
    BEGIN_ONCE,
    CREDITS,
    END_ONCE,
    GRANT_CREDITS,
    LEASE_CREDITS,
    SETTLE_CREDITS,
    CreditBalance,
    OrgRef,
)
from services.auth.billing.credits import Credits
from services.auth.billing.idempotency import Idempotency


async def serve(bus: Bus, credits_: Credits, idempotency: Idempotency) -> None:
    """Serve the calls of gateways and of the operator."""

    async def balance(request: OrgRef) -> CreditBalance:
        return await credits_.balance(request.org_id)

    await bus.serve(LEASE_CREDITS, credits_.lease)
    await bus.serve(SETTLE_CREDITS, credits_.settle)
    await bus.serve(CREDITS, balance)
    await bus.serve(GRANT_CREDITS, credits_.give)
    await bus.serve(BEGIN_ONCE, idempotency.begin)
    await bus.serve(END_ONCE, idempotency.end)
