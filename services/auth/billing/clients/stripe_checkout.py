"""Stripe, which takes the money for credits: its Checkout, and the events that it signs."""

from typing import Any, Final

import msgspec
import stripe
import structlog

from libs.common.errors import BadRequest, Unavailable
from services.auth.billing.domain.ledger import MOST_PENCE, tokens_for
from services.auth.billing.ports import Paid

log = structlog.get_logger()
_PAID: Final = ("checkout.session.completed", "checkout.session.async_payment_succeeded")
_TIMEOUT: Final = 20.0
_TOLERANCE: Final = 300  # seconds


class _Session(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    payment_status: str
    currency: str
    amount_total: int
    metadata: dict[str, str] | None = None


class _Data(msgspec.Struct, frozen=True, kw_only=True):
    object: _Session


class _Event(msgspec.Struct, frozen=True, kw_only=True):
    type: str
    data: _Data


class StripeCheckout:
    """Implements `ports.Checkout`."""

    open = True

    def __init__(self, secret_key: str, webhook_secret: str, public_url: str, api_base: str | None = None) -> None:
        self._webhook_secret = webhook_secret
        self._page = f"{public_url}/credits"
        self._client = stripe.StripeClient(
            secret_key,
            base_addresses={"api": api_base} if api_base else {},
            http_client=stripe.HTTPXClient(timeout=_TIMEOUT),
            max_network_retries=1,
        )

    async def begin(self, org_id: str, pence: int, email: str) -> tuple[str, str]:
        product = {"name": "Promptly credits", "description": f"{tokens_for(pence):,} tokens for the optimize API"}
        params: Any = {
            "mode": "payment",
            "client_reference_id": org_id,
            "adaptive_pricing": {"enabled": False},  # what is paid is what was asked for, in pounds
            "metadata": {"org_id": org_id},
            "line_items": [
                {"quantity": 1, "price_data": {"currency": "gbp", "unit_amount": pence, "product_data": product}}
            ],
            # Stripe puts the session's id in, by which the page finds the purchase in what was bought.
            "success_url": f"{self._page}?checkout=done&session_id={{CHECKOUT_SESSION_ID}}",
            "cancel_url": f"{self._page}?checkout=cancelled",
        }
        if email:
            params["customer_email"] = email
        try:
            session = await self._client.v1.checkout.sessions.create_async(params)
        except stripe.StripeError as error:
            log.warning("checkout_failed", error_type=type(error).__name__)
            raise Unavailable(
                "The payment provider does not answer right now. Nothing was charged; try again."
            ) from None
        if session.url is None:
            raise Unavailable("The payment provider opened no page. Nothing was charged; try again.")
        return session.id, session.url

    def paid(self, payload: bytes, signature: str) -> Paid | None:
        try:
            stripe.WebhookSignature.verify_header(payload.decode(), signature, self._webhook_secret, _TOLERANCE)
        except (ValueError, stripe.SignatureVerificationError):
            raise BadRequest("This is not signed by the payment provider.", code="bad_signature") from None
        try:
            event = msgspec.json.decode(payload, type=_Event)
        except msgspec.MsgspecError:
            _not_ours("unreadable", payload)
            return None
        session = event.data.object
        if event.type not in _PAID or session.payment_status != "paid":
            return None
        # Others may sell through the same account; what was bought here has our mark on it.
        org_id = (session.metadata or {}).get("org_id")
        if org_id is None:
            return None
        if session.currency != "gbp" or not 0 < session.amount_total <= MOST_PENCE:
            _not_ours(session.currency, payload)
            return None
        return Paid(session_id=session.id, org_id=org_id, pence=session.amount_total)


class _Head(msgspec.Struct, frozen=True, kw_only=True):
    id: str = ""
    type: str = ""


def _not_ours(reason: str, payload: bytes) -> None:
    """Other events are ignored; one about a payment that we cannot book is logged for the operator."""
    try:
        head = msgspec.json.decode(payload, type=_Head)
    except msgspec.MsgspecError:
        return
    if head.type in _PAID:
        log.error("payment_not_credited", kind=head.type, code=head.id, reason=reason)
