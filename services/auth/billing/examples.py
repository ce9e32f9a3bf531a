"""Examples of bodies and answers, for the document."""

from decimal import Decimal
from typing import Final

import msgspec

from services.auth.billing import schemas

_TIME: Final = "2026-08-01T09:30:00.000Z"
EXAMPLES: Final[tuple[msgspec.Struct, ...]] = (
    schemas.CheckoutBody(amount_gbp=Decimal("25.0")),
    schemas.CheckoutOpened(session_id="cs_live_1", url="https://checkout.stripe.com/c/pay/cs_live_1"),
    schemas.CreditsLeft(
        balance_tokens=48750000, currency="GBP", price_per_million_tokens=0.1, minimum_purchase_gbp=5.0, can_buy=True
    ),
    schemas.Purchases(
        purchases=(
            schemas.Purchase(
                id="purchase:cs_live_1",
                kind="purchase",
                tokens=50000000,
                amount_gbp=5.0,
                reference="cs_live_1",
                time=_TIME,
            ),
        )
    ),
    schemas.Received(received=True),
)
