"""The shapes of what is told about credits."""

from datetime import datetime
from typing import Any, Final, Literal

from services.auth.http.openapi.answers import Answer


class CreditsLeft(Answer, frozen=True, kw_only=True):
    """Tokens for the optimize API; null where they are not counted."""

    balance_tokens: int | None
    currency: Literal["GBP"]
    price_per_million_tokens: float
    minimum_purchase_gbp: float
    can_buy: bool


class Purchase(Answer, frozen=True, kw_only=True):
    """Credits that came in; what was given cost nothing."""

    id: str
    kind: Literal["trial", "grant", "purchase"]
    tokens: int
    amount_gbp: float
    reference: str | None
    time: datetime


class Purchases(Answer, frozen=True, kw_only=True):
    """Newest first."""

    purchases: list[Purchase]


class CheckoutOpened(Answer, frozen=True, kw_only=True):
    """The payment provider's session, and the page that takes the money."""

    session_id: str
    url: str


class Received(Answer, frozen=True, kw_only=True):
    """It was heard."""

    received: bool


SIGNATURE: Final = {
    "name": "stripe-signature",
    "in": "header",
    "description": "The payment provider's signature of the body.",
    "schema": {"type": "string"},
}
EXAMPLES: Final[dict[str, Any]] = {
    "CheckoutBody": {"amount_gbp": 25.00},
    "CreditsLeft": {
        "balance_tokens": 48_750_000,
        "currency": "GBP",
        "price_per_million_tokens": 0.1,
        "minimum_purchase_gbp": 5.0,
        "can_buy": True,
    },
    "Purchases": {
        "purchases": [
            {
                "id": "purchase:cs_live_1",
                "kind": "purchase",
                "tokens": 50_000_000,
                "amount_gbp": 5.0,
                "reference": "cs_live_1",
                "time": "2026-08-01T09:30:00.000Z",
            }
        ]
    },
    "CheckoutOpened": {"session_id": "cs_live_1", "url": "https://checkout.stripe.com/c/pay/cs_live_1"},
    "Received": {"received": True},
}
