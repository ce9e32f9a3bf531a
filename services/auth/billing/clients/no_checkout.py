"""The checkout of installations that sell no credits: operators grant them, or switch them off."""

from libs.common.errors import NotFound
from services.auth.billing.ports import Paid


class NoCheckout:
    """Implements `ports.Checkout` where no payment provider is set up."""

    open = False

    async def begin(self, org_id: str, pence: int, email: str) -> tuple[str, str]:
        raise _not_sold()

    def paid(self, payload: bytes, signature: str) -> Paid | None:
        raise _not_sold()


def _not_sold() -> NotFound:
    return NotFound("Credits are not sold here: the operator has connected no payment provider.", code="not_sold")
