"""Credits for the optimize API: the balance, and how more are bought."""

from decimal import Decimal
from typing import Any, Final

from litestar import Controller, get, post

from libs.common.contracts.auth import PENCE_PER_MILLION
from services.auth.billing import schemas
from services.auth.billing.credits import Credits
from services.auth.billing.domain.ledger import LEAST_PURCHASE_PENCE
from services.auth.billing.schemas import PENCE_PER_POUND
from services.auth.billing.service import Billing
from services.auth.domain.permissions import PUBLIC, Action
from services.auth.http.dependencies import Injected, Payload
from services.auth.http.guard import ApiRequest

_DIGITS: Final = 12
_SIGNATURE: Final[dict[str, Any]] = {
    "name": "stripe-signature",
    "in": "header",
    "description": "The payment provider's signature of the body.",
    "schema": {"type": "string"},
}


class BillingController(Controller):
    """/api/billing"""

    path = "/billing"

    @get("/credits", needs=Action.READ)
    async def balance(
        self, request: ApiRequest, credits_: Injected[Credits], billing: Injected[Billing]
    ) -> schemas.CreditsLeft:
        """What is left."""
        left = None if credits_.unlimited else (await credits_.balance(request.user.org_id)).balance_tokens
        return schemas.CreditsLeft(
            balance_tokens=left,
            currency="GBP",
            price_per_million_tokens=PENCE_PER_MILLION / PENCE_PER_POUND,
            minimum_purchase_gbp=LEAST_PURCHASE_PENCE / PENCE_PER_POUND,
            can_buy=billing.sells,
        )

    @get("/purchases", needs=Action.MANAGE_BILLING)
    async def purchases(self, request: ApiRequest, billing: Injected[Billing]) -> schemas.Purchases:
        """What was bought or given, newest first."""
        entries = await billing.history(request.user)
        return schemas.Purchases(purchases=tuple(schemas.Purchase.of(entry) for entry in entries))

    @post("/credits/checkout", needs=Action.MANAGE_BILLING, status_code=200, fails=(404,))
    async def checkout(
        self, request: ApiRequest, payload: Payload[schemas.CheckoutBody], billing: Injected[Billing]
    ) -> schemas.CheckoutOpened:
        """Open the payment provider's page."""
        pounds = payload.amount_gbp
        pence = pounds * PENCE_PER_POUND if pounds.is_finite() and pounds.adjusted() < _DIGITS else Decimal(0)
        session_id, url = await billing.begin(request.user, int(pence) if pence == int(pence) else 0)
        return schemas.CheckoutOpened(session_id=session_id, url=url)

    @post("/webhook", needs=PUBLIC, status_code=200, fails=(400, 404, 413), headers=(_SIGNATURE,))
    async def webhook(self, request: ApiRequest, billing: Injected[Billing]) -> schemas.Received:
        """An event of the payment provider, which it signs."""
        await billing.receive_payment(await request.body(), request.headers.get("stripe-signature", ""))
        return schemas.Received(received=True)
