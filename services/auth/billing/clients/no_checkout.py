"""No sale: whoever hosts for themselves grants credits, or switches them off."""

from libs.common.errors import NotFound
from services.auth.billing.ports import Paid


class NoCheckout:
    """Implements `ports.Checkout` where nobody takes money."""

    open = False

    async def begin(self, org_id: str, pence: int, email: str) -> tuple[str, str]:
        raise _not_sold()

    def paid(self, payload: bytes, signature: str) -> Paid | None:
        raise _not_sold()


def _not_sold() -> NotFound:
    return NotFound("Credits are not sold here: the operator has connected no payment provider.", code="not_sold")
