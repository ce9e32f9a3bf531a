"""Which organization trusts this issuer?"""

from libs.common.bus import Bus
from libs.common.contracts.auth import FIND_ISSUER
from services.auth.issuers.service import CallerIssuers


async def serve(bus: Bus, issuers: CallerIssuers) -> None:
    """Answer FIND_ISSUER."""
    await bus.serve(FIND_ISSUER, issuers.find)
