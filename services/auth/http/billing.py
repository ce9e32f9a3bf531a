"""Credits for the optimize API: what is left, and how more are bought."""

from decimal import Decimal
from typing import Any, Final

import msgspec
from litestar import Controller, get, post

from libs.common.contracts.auth import PENCE_PER_MILLION
from services.auth.billing import Billing
from services.auth.credits import Credits
from services.auth.domain.ledger import LEAST_PURCHASE_PENCE
from services.auth.domain.permissions import Action
from services.auth.http.body import read
from services.auth.http.given import Given
from services.auth.http.guard import ApiRequest
from services.auth.translate.billing_json import entry_json

_PENCE: Final = 100
_DIGITS: Final = 12


class CheckoutBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much to buy, in pounds: at least 5.00, to the penny."""

    amount_gbp: Decimal


class BillingController(Controller):
    """/api/billing"""

    path = "/billing"

    @get("/credits", needs=Action.READ)
    async def balance(self, request: ApiRequest, credits_: Given[Credits], billing: Given[Billing]) -> dict[str, Any]:
        """What is left."""
        left = None if credits_.unlimited else (await credits_.balance(request.user.org_id)).balance_tokens
        return {
            "balance_tokens": left,
            "currency": "GBP",
            "price_per_million_tokens": PENCE_PER_MILLION / _PENCE,
            "minimum_purchase_gbp": LEAST_PURCHASE_PENCE / _PENCE,
            "can_buy": billing.sells,
        }

    @get("/purchases", needs=Action.MANAGE_BILLING)
    async def purchases(self, request: ApiRequest, billing: Given[Billing]) -> dict[str, Any]:
        """What was bought or given, newest first."""
        return {"purchases": [entry_json(entry) for entry in await billing.history(request.user)]}

    @post("/credits/checkout", needs=Action.MANAGE_BILLING, status_code=200)
    async def checkout(self, request: ApiRequest, billing: Given[Billing]) -> dict[str, Any]:
        """Open the payment provider's page."""
        pounds = (await read(request, CheckoutBody)).amount_gbp
        pence = pounds * _PENCE if pounds.is_finite() and pounds.adjusted() < _DIGITS else Decimal(0)
        session_id, url = await billing.begin(request.user, int(pence) if pence == int(pence) else 0)
        return {"session_id": session_id, "url": url}

    @post("/webhook", needs=Action.PUBLIC, status_code=200)
    async def webhook(self, request: ApiRequest, billing: Given[Billing]) -> dict[str, Any]:
        """What the payment provider tells, which it signs."""
        await billing.hear(await request.body(), request.headers.get("stripe-signature", ""))
        return {"received": True}
