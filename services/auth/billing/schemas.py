"""Bodies and answers about credits."""

from decimal import Decimal
from typing import Literal, Self, cast

import msgspec

from libs.common.contracts.auth import PENCE_PER_MILLION
from services.auth.billing.domain.ledger import Entry
from services.auth.schemas import Answer, Time, iso

PENCE_PER_POUND = 100
Origin = Literal["trial", "grant", "purchase"]


class CheckoutBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much to buy, in pounds: at least 5.00, to the penny."""

    amount_gbp: Decimal


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
    kind: Origin
    tokens: int
    amount_gbp: float
    reference: str | None
    time: Time

    @classmethod
    def of(cls, entry: Entry) -> Self:
        """From a line of the ledger that added credits."""
        bought = entry.kind == "purchase"
        return cls(
            id=entry.id,
            kind=cast("Origin", entry.kind),
            tokens=entry.tokens,
            amount_gbp=entry.tokens * PENCE_PER_MILLION / 1_000_000 / PENCE_PER_POUND if bought else 0.0,
            reference=entry.ref,
            time=iso(entry.at),
        )


class Purchases(Answer, frozen=True, kw_only=True):
    """Newest first."""

    purchases: tuple[Purchase, ...]


class CheckoutOpened(Answer, frozen=True, kw_only=True):
    """The payment provider's session, and the page that takes the money."""

    session_id: str
    url: str


class Received(Answer, frozen=True, kw_only=True):
    """The event was received."""

    received: bool
