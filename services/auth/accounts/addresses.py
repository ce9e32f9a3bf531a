"""Whose account an e-mail address is."""

from libs.common.errors import Forbidden
from services.auth.accounts.domain.credentials import normalise_email, spellings
from services.auth.domain.accounts import Credentials, User
from services.auth.ports import Tx


async def find_account(tx: Tx, email: str) -> Credentials | None:
    """The account with this address. Accounts that were registered before spellings were joined are found as they were
    written then.
    """
    for spelling in spellings(email):
        known = await tx.accounts.credentials(spelling)
        if known is not None:
            return known
    return None


def require_verified(user: User, *, mails: bool) -> None:
    """Raises `Forbidden` for an account whose address is not confirmed, where mail is set up to confirm it."""
    if mails and not user.verified:
        raise Forbidden(
            "Confirm your e-mail address first: POST /api/auth/verify/mail sends you a code, POST /api/auth/verify takes it.",
            code="email_not_verified",
        )


__all__ = ["find_account", "normalise_email", "require_verified"]
