"""Mails about credits."""

from services.auth.domain.mails import Mail


def low_credits_mail(to: str, tokens: int) -> Mail:
    """Little is left."""
    return Mail(
        kind="low_credits",
        to=to,
        subject="Your Promptly credits are running low",
        text=f"Your organization has {tokens:,} tokens of credits left for the optimize API.\n\n"
        "When they are used up, its calls are answered with 402 until more are bought, on the dashboard's page for credits.\n",
    )


def purchase_mail(to: str, pence: int, tokens: int, reference: str) -> Mail:
    """A receipt."""
    return Mail(
        kind="purchase",
        to=to,
        subject="Your Promptly credits",
        text=f"Thank you: {tokens:,} tokens of credits for £{pence / 100:,.2f} are in your organization's account.\n\n"
        f"Reference: {reference}\n",
    )
