"""Buying credits: the payment provider's checkout page, and its webhook events."""

from collections.abc import Sequence
from typing import Final

import structlog

from libs.common.clock import Clock
from libs.common.contracts.auth import OrgRef
from libs.common.errors import BadRequest, FieldError, NotFound
from services.auth.billing.credits import Credits
from services.auth.billing.domain import ledger
from services.auth.billing.domain.ledger import LEAST_PURCHASE_PENCE, MOST_PENCE, Entry
from services.auth.billing.domain.mails import purchase_mail
from services.auth.billing.ports import Checkout
from services.auth.domain.accounts import Caller, active_admins
from services.auth.ports import Mailer, RunInBackground, UnitOfWork

log = structlog.get_logger()
_CAME_IN: Final = ("trial", "grant", "purchase")


class Billing:
    """What an organization pays for its credits."""

    def __init__(
        self,
        uow: UnitOfWork,
        credits_: Credits,
        checkout: Checkout,
        mailer: Mailer,
        clock: Clock,
        in_background: RunInBackground,
    ) -> None:
        self._uow = uow
        self._credits = credits_
        self._checkout = checkout
        self._mailer = mailer
        self._clock = clock
        self._in_background = in_background

    @property
    def sells(self) -> bool:
        """Whether credits can be bought."""
        return self._checkout.open

    async def begin(self, caller: Caller, pence: int) -> tuple[str, str]:
        """Where to pay: the session's id and the page's address. `BadRequest` for too little, or a sum that is a slip."""
        if not LEAST_PURCHASE_PENCE <= pence <= MOST_PENCE:
            raise BadRequest(
                f"amount_gbp: between £{LEAST_PURCHASE_PENCE / 100:.2f} and £{MOST_PENCE / 100:,.2f}.",
                errors=(FieldError("amount_gbp", "out of range"),),
            )
        async with self._uow() as tx:
            user = await tx.accounts.user(caller.org_id, caller.user_id)
        return await self._checkout.begin(caller.org_id, pence, "" if user is None else user.email)

    async def receive_payment(self, payload: bytes, signature: str) -> None:
        """Handle an event of the payment provider. A purchase adds its credits once, however often its event is delivered."""
        paid = self._checkout.paid(payload, signature)
        if paid is None:
            return
        tokens = ledger.tokens_for(paid.pence)
        entry = ledger.added(paid.org_id, "purchase", tokens, paid.session_id, self._clock.now())
        try:
            _, fresh = await self._credits.add(entry)
        except (
            NotFound
        ):  # the organization is gone; there is no account to credit, and delivering it again would not help
            log.warning("purchase_without_organization", org_id=paid.org_id)
            return
        if fresh:
            self._in_background(self._receipt(OrgRef(org_id=paid.org_id), paid.pence, tokens, paid.session_id))

    async def history(self, caller: Caller) -> Sequence[Entry]:
        """What came in, newest first."""
        await self._credits.balance(caller.org_id)  # opens the account, with its trial, at the first look
        async with self._uow() as tx:
            return await tx.ledger.entries(caller.org_id, _CAME_IN, 200)

    async def _receipt(self, org: OrgRef, pence: int, tokens: int, reference: str) -> None:
        async with self._uow() as tx:
            admins = active_admins(await tx.accounts.members(org.org_id))
        for user in admins:
            await self._mailer.send(purchase_mail(user.email, pence, tokens, reference))
