"""The doors for credits and for requests that are done once."""

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
from services.auth.billing.idempotency import OnceOnly


async def serve(bus: Bus, leases: Credits, once: OnceOnly) -> None:
    """Answer what gateways and the operator ask."""

    async def balance(asked: OrgRef) -> CreditBalance:
        return await leases.balance(asked.org_id)

    await bus.serve(LEASE_CREDITS, leases.lease)
    await bus.serve(SETTLE_CREDITS, leases.settle)
    await bus.serve(CREDITS, balance)
    await bus.serve(GRANT_CREDITS, leases.give)
    await bus.serve(BEGIN_ONCE, once.begin)
    await bus.serve(END_ONCE, once.end)
